"""Does a plan loosen another one? What is not shown to be at least as strict counts as loosened.

A check is *covered* when the new plan holds one on the same metric and the same rows that never passes where the old
one does not. Everything else that decides a verdict — how columns are read, which bytes, which seed, how far a
reproduction may be off — must be the same, or stricter where there is an order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from audits.checks.spec import Check, Severity, SmallGroups
from audits.checks.tolerance import Tolerance

AT_LEAST: Final = (">=", ">")
AT_MOST: Final = ("<=", "<")
# A request may add to these; rows and groups of the others stay as they were.
MAY_GROW: Final = frozenset({"sensitive"})
# What belongs to a version of the model: another one has inputs and a cut-off of its own.
OF_THE_MODEL: Final = frozenset({"features", "score", "prediction", "threshold"})


@dataclass(frozen=True, slots=True)
class Criteria:
    """Everything in a plan that decides a verdict. The seed is None in plans of the time before it was sealed."""

    checks: tuple[Check, ...]
    mapping: Mapping[str, Any] = field(default_factory=dict)
    dataset: str = ""  # digests of bytes and columns
    dataset_name: str = ""
    seed: int | None = None
    tolerance: Tolerance = field(default_factory=Tolerance)


@dataclass(frozen=True, slots=True)
class Loosening:
    """One thing that became laxer: of a check, or (with an empty name) of the plan as a whole."""

    check: str
    field: str
    before: str
    after: str

    @property
    def words(self) -> str:
        """As a part of a sentence."""
        of = f" of “{self.check}”" if self.check else ""
        return f"{self.field}{of}: {self.before} → {self.after}"

    def as_dict(self) -> dict[str, str]:
        """As plain data, which is what people who accept it sign."""
        return {"check": self.check, "field": self.field, "before": self.before, "after": self.after}


def loosened(old: Criteria, new: Criteria, *, same_question: bool = True) -> tuple[Loosening, ...]:
    """What the new criteria loosen; nothing when they are at least as strict.

    Plans of two versions of a model are not the same question: each has bytes and a seed of its own.
    """
    found = [row for check in old.checks for row in _of_check(check, new.checks)]
    found += [
        row for key, row in _of_mapping(old.mapping, new.mapping) if same_question or key not in OF_THE_MODEL
    ]
    if same_question:
        found += _of_plan(old, new)
    return tuple(found)


def covers(new: Check, old: Check) -> bool:
    """Whether the new check never passes where the old one does not."""
    return not any(_weaker(new, old))


def _of_check(old: Check, checks: Sequence[Check]) -> Iterator[Loosening]:
    if any(covers(new, old) for new in checks):
        return
    nearest = _counterpart(old, checks)
    if nearest is None:
        yield Loosening(old.name, "check", _told(old), "removed")
    else:
        for name, before, after in _weaker(nearest, old):
            yield Loosening(old.name, name, before, after)


def _counterpart(old: Check, checks: Sequence[Check]) -> Check | None:
    """The check that took the old one's place: of the same name, or else on the same metric and rows."""
    same = [new for new in checks if new.metric == old.metric and new.where == old.where]
    return next((new for new in checks if new.name == old.name), next(iter(same), None))


def _weaker(new: Check, old: Check) -> Iterator[tuple[str, str, str]]:
    if new.metric != old.metric:
        yield "metric", old.metric, new.metric
    if new.where != old.where:
        yield "slice", _rows(old), _rows(new)
    if not _bar_as_strict(new, old):
        yield "bar", _bar(old), _bar(new)
    if new.confidence < old.confidence:
        yield "confidence", f"{old.confidence:g}", f"{new.confidence:g}"
    if not _min_n_as_strict(new, old):
        yield "min_n", str(old.min_n), str(new.min_n)
    if new.small_groups is SmallGroups.EXCLUDE and old.small_groups is SmallGroups.INSUFFICIENT:
        yield "small_groups", old.small_groups.value, new.small_groups.value
    if new.severity is Severity.ADVISORY and old.severity is Severity.BLOCKING:
        yield "severity", old.severity.value, new.severity.value


def _bar_as_strict(new: Check, old: Check) -> bool:
    """An interval that clears the new bar clears the old one. At the same number `>` is stricter than `>=`."""
    side = AT_LEAST if old.comparison in AT_LEAST else AT_MOST
    if new.comparison not in side:
        return False
    if new.threshold != old.threshold:
        return (new.threshold > old.threshold) == (side is AT_LEAST)
    return new.comparison == side[1] or old.comparison == side[0]


def _min_n_as_strict(new: Check, old: Check) -> bool:
    """More rows per group are stricter, except where small groups are left out: there it changes who is compared."""
    if new.across and new.small_groups is SmallGroups.EXCLUDE:
        return new.min_n == old.min_n
    return new.min_n >= old.min_n


def _of_mapping(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Loosening]]:
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        grew = key in MAY_GROW and set(after or ()) >= set(before or ())
        if before != after and not grew:
            yield key, Loosening("", f"mapping of {key}", _plain(before), _plain(after))


def _of_plan(old: Criteria, new: Criteria) -> Iterator[Loosening]:
    if old.dataset != new.dataset:
        yield Loosening("", "dataset", old.dataset_name or old.dataset, new.dataset_name or new.dataset)
    if old.seed is not None and old.seed != new.seed:
        yield Loosening("", "seed", str(old.seed), str(new.seed))
    for name, before in old.tolerance.as_dict().items():
        after = new.tolerance.as_dict()[name]
        if after > before:
            yield Loosening("", f"{name} tolerance", f"{before:g}", f"{after:g}")


def _told(check: Check) -> str:
    return f"{check.metric} {_bar(check)} on {_rows(check)}"


def _bar(check: Check) -> str:
    return f"{check.comparison} {check.threshold!r}"


def _rows(check: Check) -> str:
    if check.across:
        return f"groups of {' x '.join(sorted(check.across))}"
    return " and ".join(f"{key} is {value}" for key, value in sorted(check.slice.items())) or "all rows"


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {one}" for key, one in sorted(value.items())) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
