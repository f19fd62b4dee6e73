"""What is asked of data: a small table of checks, each with a bar that is sealed before a run. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

AT_LEAST: Final = "at_least"
AT_MOST: Final = "at_most"


class BarError(ValueError):
    """A bar that makes no sense; the message says what would."""


@dataclass(frozen=True)
class Kind:
    """One thing that can be checked: on which side of its bar data should be, and what is counted."""

    code: str
    side: str
    default: str  # the bar where nobody declares another, as decimal text
    counts: str  # what the number is, for people
    whole: bool = False


KINDS: Final[dict[str, Kind]] = {
    kind.code: kind
    for kind in (
        Kind("rows", AT_LEAST, "100", "rows", whole=True),
        Kind("unregistered_columns", AT_MOST, "0", "columns of the file that are not registered", whole=True),
        Kind("type_disagreement_share", AT_MOST, "0", "share of a column's values that are not of its type"),
        Kind("missing_share", AT_MOST, "0.1", "share of values missing in a feature or a sensitive column"),
        Kind("constant_features", AT_MOST, "0", "features with one value in all rows", whole=True),
        Kind("duplicate_share", AT_MOST, "0.01", "share of rows that repeat another in every column"),
        Kind("repeated_key_share", AT_MOST, "0", "share of rows whose key is missing or repeats another"),
        Kind("label_missing_share", AT_MOST, "0", "share of rows without a label"),
        Kind("label_classes", AT_LEAST, "2", "classes of the label", whole=True),
        Kind("group_rows", AT_LEAST, "30", "rows in the smallest group of a sensitive column", whole=True),
    )
}


@dataclass(frozen=True)
class Bar:
    """A check with its bar."""

    check: str
    value: Decimal

    @property
    def kind(self) -> Kind:
        """What is checked."""
        return KINDS[self.check]

    def holds(self, found: Decimal) -> bool:
        """Whether a number is on the right side."""
        return found >= self.value if self.kind.side == AT_LEAST else found <= self.value

    def at_least_as_strict_as(self, other: Decimal) -> bool:
        """Whether whatever meets this bar meets the other one."""
        return self.value >= other if self.kind.side == AT_LEAST else self.value <= other

    def as_dict(self) -> dict[str, str]:
        """The bar as it is sealed."""
        return {"check": self.check, self.kind.side: format(self.value, "f")}


def declared(rows: Sequence[Mapping[str, Any]] = ()) -> tuple[Bar, ...]:
    """Every check once: with the bar that was declared for it, or with the default one."""
    given: dict[str, Decimal] = {}
    for row in rows:
        bar = _bar(row)
        if bar.check in given:
            raise BarError(f"The check “{bar.check}” is declared twice.")
        given[bar.check] = bar.value
    return tuple(Bar(code, given.get(code, Decimal(kind.default))) for code, kind in KINDS.items())


def _bar(row: Mapping[str, Any]) -> Bar:
    kind = KINDS.get(str(row.get("check")))
    if kind is None:
        raise BarError(f"There is no check “{row.get('check')}”. The checks are: {', '.join(KINDS)}.")
    if set(row) != {"check", kind.side}:
        raise BarError(f"“{kind.code}” takes exactly “{kind.side}”: {kind.counts}.")
    return Bar(kind.code, _number(kind, row[kind.side]))


def _number(kind: Kind, given: Any) -> Decimal:
    try:
        number = Decimal(str(given)) if isinstance(given, str | int | float) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    fits = number.is_finite() and number >= 0 and not isinstance(given, bool)
    if fits and kind.whole:
        fits = number == number.to_integral_value() and number <= 10**12
    elif fits:
        fits = number <= 1 and len(format(number, "f")) <= 20
    if not fits:
        allowed = "a whole number" if kind.whole else "a share from 0 to 1"
        raise BarError(f"The bar of “{kind.code}” is {allowed}, not {given!r}.")
    return number.to_integral_value() if kind.whole else number
