"""When one way of writing a demand is at least as strict as another: a row for each kind and each of its words.

To add a kind of demand, add its row to `RULES`; to add a part of a policy beside its steps, add its row to `PARTS`.
Without a row every change of it counts as looser. `None` stands for a word that is not there.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from audits.quality import bars
from governance.gates.coverage import LEVELS as LEVELS_OF_DUTIES
from governance.gates.deviations import DEFAULT_SEATS
from governance.gates.levels import LEVELS
from governance.gates.requirements.issues import KINDS, SEVERITIES
from registry.stages import Role


def _said(value: Any) -> str:
    """A value as it may be read out: lists by commas, nothing as a dash."""
    if value is None:
        return "–"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_said(one)}" for key, one in value.items())
    if isinstance(value, list):
        return (
            "; ".join(map(_said, value))
            if any(isinstance(one, Mapping) for one in value)
            else ", ".join(map(_said, value))
        )
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Compared:
    """How a word is compared: `at_least(before, after)` says that `after` asks for no less than `before`."""

    at_least: Callable[[Any, Any], bool]
    words: Callable[[Any], str] = _said


@dataclass(frozen=True)
class Rule:
    """How a kind of demand is compared.

    `same` names the words that tell demands of one kind apart (another value is another demand); `each` the list whose
    entries are demands of their own; `params` how each other word is compared.
    """

    same: tuple[str, ...] = ()
    each: str = ""
    params: Mapping[str, Compared] = field(default_factory=dict)


def ranked(order: Sequence[Any], absent: Any) -> Compared:
    """Words in an order, the weakest first; `absent` is what holds where none is written."""

    def rank(value: Any) -> int:
        return order.index(absent if value is None else value)

    return Compared(lambda before, after: rank(after) >= rank(before))


def at_least_as_high(absent: int) -> Compared:
    """The higher, the stricter."""
    return Compared(
        lambda before, after: (absent if after is None else after) >= (absent if before is None else before)
    )


def _no_longer(before: Any, after: Any) -> bool:
    return before is None or (after is not None and after <= before)


def _reviewed_as_often(before: Any, after: Any) -> bool:
    return before is None or (after is not None and after["every_days"] <= before["every_days"])


def _all_of(before: Any, after: Any) -> bool:
    return set(before or ()) <= set(after or ())


def _seats(value: Any) -> Counter[str]:
    """Seats by role; those of one role given twice add up."""
    found: Counter[str] = Counter()
    for seat in value or ():
        found[seat["role"]] += seat.get("count", 1)
    return found


def _seats_hold(before: Any, after: Any) -> bool:
    """No fewer seats, each signs the same, and who came before another still does.

    Signing more is no stricter: an approval goes stale sooner, but so does a rejection.
    """
    first = {seat["role"]: seat for seat in before or ()}
    then = {seat["role"]: seat for seat in after or ()}
    if not _seats(before) <= _seats(after):
        return False
    signs = all(
        sorted(first.get(role, {}).get("signs", ())) == sorted(seat.get("signs", ()))
        for role, seat in then.items()
    )
    turns = {role: seat.get("order", 1) for role, seat in first.items()}
    return signs and all(
        then[earlier].get("order", 1) < then[later].get("order", 1)
        for earlier in turns
        for later in turns
        if turns[earlier] < turns[later]
    )


def _seat_said(role: str, count: int, seat: Mapping[str, Any]) -> str:
    more = [f"turn {seat['order']}"] if "order" in seat else []
    more += [f"signs {_said(seat['signs'])}"] if "signs" in seat else []
    said = f" ({'; '.join(more)})" if more else ""
    return f"{count} × {Role(role).label.lower()}{said}"


def _accepters(value: Any) -> Counter[str]:
    """Who accepts a plan that loosens an earlier one; those of the rule where a policy does not say."""
    return _seats(value["of"]) if value else Counter(dict(DEFAULT_SEATS))


def _seats_said(value: Any) -> str:
    rows = {seat["role"]: seat for seat in value or ()}
    return ", ".join(_seat_said(role, count, rows[role]) for role, count in _seats(value).items()) or "–"


def _bar_holds(wanted: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Whether a plan that holds the given bar holds the wanted one too."""
    if wanted["metric"] != given["metric"]:
        return False
    for side, sign in (("at_least", 1), ("at_most", -1)):
        if side in wanted and side in given:
            return sign * Decimal(str(given[side])) >= sign * Decimal(str(wanted[side]))
    return False


def _bars(before: Any, after: Any) -> bool:
    """Every list of which one bar was enough must follow from a list of now, whichever of its bars a plan holds."""
    return all(
        any(
            all(any(_bar_holds(wanted, given) for wanted in choice) for given in offered)
            for offered in after or ()
        )
        for choice in before or ()
    )


def _bars_said(value: Any) -> str:
    choices = [
        " or ".join(
            f"{bar['metric']} {'≥' if 'at_least' in bar else '≤'} {bar.get('at_least', bar.get('at_most'))}"
            for bar in choice
        )
        for choice in value or ()
    ]
    return "; ".join(choices) or "–"


def _all_or_named(before: Any, after: Any) -> bool:
    """A list of what is asked for, where none written means all of it."""
    return after is None or (before is not None and set(before) <= set(after))


def _levels(before: Any, after: Any) -> bool:
    return set(LEVELS_OF_DUTIES if before is None else before) <= set(
        LEVELS_OF_DUTIES if after is None else after
    )


def _waivers(before: Any, after: Any) -> bool:
    """Without the key nothing is waived. Fewer codes, the same approvers, and less time are stricter."""
    if after is None or before is None:
        return after is None
    held = all(_named_by(code, before["allowed"]) for code in after["allowed"])
    shorter = all(after[name] <= before[name] for name in ("max_days", "budget_days"))
    levels = zip(after["approvers"], before["approvers"], strict=False)
    fewer = len(after["approvers"]) <= len(before["approvers"])
    return held and shorter and fewer and all(set(now) <= set(was) for now, was in levels)


def _named_by(code: str, entries: Sequence[str]) -> bool:
    """Whether everything that a code or prefix names was named before."""
    return any(code == entry or (entry.endswith(".") and code.startswith(entry)) for entry in entries)


def _break_glass(before: Any, after: Any) -> bool:
    """Without the key no glass can be broken. Fewer hours and an earlier review are stricter."""
    if after is None or before is None:
        return after is None
    return all(after[name] <= before[name] for name in ("max_hours", "review_days"))


def _quality_bars(before: Any, after: Any) -> bool:
    """Every check's bar is at least as strict; one that is not written is the default one."""
    was, now = before or {}, after or {}
    return all(
        bars.Bar(code, Decimal(str(now.get(code, kind.default)))).at_least_as_strict_as(
            Decimal(str(was.get(code, kind.default)))
        )
        for code, kind in bars.KINDS.items()
    )


SAME: Final = Compared(lambda before, after: bool(before == after))  # any change may be looser
SHORTER: Final = Compared(_no_longer)  # days: none written means for ever
MORE: Final = Compared(_all_of)  # a list of what is asked for
NAMED: Final = Compared(_all_or_named, lambda value: "all" if value is None else _said(value))
DUTIES: Final = Compared(_levels, lambda value: "all" if value is None else _said(value))
SEATS: Final = Compared(_seats_hold, _seats_said)
BARS: Final = Compared(_bars, _bars_said)
MILDER: Final = ranked(
    [*reversed(SEVERITIES)], absent=SEVERITIES[-1]
)  # the milder what stops it, the stricter
ALL_OR_MORE: Final = Compared(lambda before, after: _all_of(before or KINDS, after or KINDS))

ASKED: Final = Compared(lambda before, after: bool(after) or not before)
ACCEPTERS: Final = Compared(
    lambda before, after: _accepters(before) <= _accepters(after),
    lambda value: _seats_said((value or {}).get("of")),
)

QUALITY: Final = Compared(_quality_bars)
LOWER: Final = Compared(lambda before, after: Decimal(str(after)) <= Decimal(str(before)))

RULES: Final[dict[str, Rule]] = {
    "documents": Rule(each="kinds", params={"within_days": SHORTER, "complete": ASKED}),
    "data_quality": Rule(params={"names": NAMED, "within_days": SHORTER, "bars": QUALITY}),
    "schema_locked": Rule(),
    "features_documented": Rule(),
    "proxy_review": Rule(params={"above": LOWER}),
    "training_record": Rule(each="fields"),
    "datasets": Rule(params={"at_least": at_least_as_high(0)}),
    "evidence": Rule(
        same=("kind",), params={"level": ranked(LEVELS, absent="measured"), "within_days": SHORTER}
    ),
    "checks": Rule(
        params={
            "all": SAME,
            "names": MORE,
            "bars": BARS,
            "attempts": SHORTER,
            "unseen": ASKED,
            "deviations": ACCEPTERS,
        }
    ),
    "champion": Rule(),
    "issues": Rule(params={"below": MILDER, "kinds": ALL_OR_MORE}),
    "report": Rule(same=("kind",)),
    "classification": Rule(params={"within_days": SHORTER}),
    "framework": Rule(same=("id",), params={"items": NAMED, "levels": DUTIES}),
    "review": Rule(),
    "ledger": Rule(
        params={
            "verified_within_hours": SHORTER,
            "anchored_within_hours": SHORTER,
            "anchor_covers_approvals": ASKED,
        }
    ),
    "approvals": Rule(params={"of": SEATS, "exclude": MORE, "within_days": SHORTER, "request_days": SHORTER}),
    "conditions": Rule(params={"none": ranked(("lapsed", "open"), absent="lapsed")}),
}

PARTS: Final[dict[str, Compared]] = {
    "review": Compared(_reviewed_as_often),
    "reminders": Compared(lambda before, after: True),  # whoever is told when, the gates ask for the same
    "waivers": Compared(_waivers),
    "break_glass": Compared(_break_glass),
}
