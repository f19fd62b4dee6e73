"""Profile and bars to verdicts: passed, failed, insufficient or errored, each with a sentence. Pure.

Too few rows to judge by is `insufficient`, not `failed`: more data may show either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from audits.frames.wording import counted, printable
from audits.quality.bars import Bar

PASSED, FAILED, INSUFFICIENT, ERRORED = "passed", "failed", "insufficient", "errored"
# Columns that a sentence names; all of them stand in the result.
_NAMED: Final = 5
_TOO_FEW: Final = frozenset({"rows", "group_rows"})

Profile = Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """What a check is about: a number for each place, and sentences for what to say of them."""

    places: tuple[tuple[str, Decimal], ...] = ()
    well: str = ""  # said when every place holds
    badly: str = ""  # said before the places that do not
    unread: tuple[str, ...] = field(default=())  # places that have no number


def verdicts(profile: Profile, bars: Sequence[Bar]) -> list[dict[str, Any]]:
    """One verdict for each bar."""
    return [_verdict(bar, _FINDERS[bar.check](profile, bar)) for bar in bars]


def _verdict(bar: Bar, found: Found) -> dict[str, Any]:
    outside = [(name, number) for name, number in found.places if not bar.holds(number)]
    verdict, sentence = PASSED, found.well
    if outside:
        verdict = INSUFFICIENT if bar.check in _TOO_FEW else FAILED
        sentence = f"{found.badly} {_told(bar, outside)}."
    elif found.unread:
        verdict = ERRORED
        sentence = f"It has too many different values to be counted: {_listed(found.unread)}."
    return {
        "name": bar.check,
        **bar.as_dict(),
        "verdict": verdict,
        "sentence": sentence,
        "places": [{"column": name, "value": format(number, "f")} for name, number in outside],
    }


def _told(bar: Bar, outside: Sequence[tuple[str, Decimal]]) -> str:
    worst_first = sorted(outside, key=lambda place: (abs(bar.value - place[1]), place[0]), reverse=True)
    told = [f"{name} {_number(bar, number)}".strip() for name, number in worst_first[:_NAMED]]
    more = f" and {len(outside) - _NAMED} more" if len(outside) > _NAMED else ""
    side = "at least" if bar.kind.side == "at_least" else "at most"
    return f"{', '.join(told)}{more}; the bar is {side} {_number(bar, bar.value)}"


def _number(bar: Bar, number: Decimal) -> str:
    if bar.kind.whole:
        return f"{number:,f}"
    percent = number * 100
    rounded = percent.quantize(Decimal("0.01"))
    if rounded != percent and not rounded:
        return "less than 0.01 %"
    return f"{rounded.normalize():f} %"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(printable(name) for name in names[:_NAMED]) + more


def _share(part: int, rows: int) -> Decimal:
    return Decimal(part) / Decimal(rows) if rows else Decimal(0)


def _rows(profile: Profile, bar: Bar) -> Found:
    return Found(
        (("", Decimal(profile["rows"])),),
        f"The data have {counted(profile['rows'], 'row')}.",
        "Too few rows to judge by:",
    )


def _unregistered(profile: Profile, bar: Bar) -> Found:
    names = profile["unregistered"]
    return Found(
        (("", Decimal(len(names))),),
        "Every column of the file is registered." if not names else f"Not registered: {_listed(names)}.",
        f"The file has columns that are not registered ({_listed(names)}):",
    )


def _types(profile: Profile, bar: Bar) -> Found:
    rows = profile["rows"]
    places = tuple((_name(c), _share(c["disagreeing"], rows)) for c in profile["columns"])
    return Found(places, "Values are of the registered types.", "Values that are not of the registered type:")


def _missing(profile: Profile, bar: Bar) -> Found:
    rows = profile["rows"]
    places = tuple((_name(c), _share(c["missing"], rows)) for c in profile["columns"] if _is_input(c))
    if not places:
        return Found((), "No column is registered as a feature or as sensitive.")
    most = max(number for _, number in places)
    return Found(places, f"At most {_number(bar, most)} of a column are missing.", "Missing values:")


def _constant(profile: Profile, bar: Bar) -> Found:
    names = [_name(c) for c in profile["columns"] if c["role"] == "feature" and c["constant"]]
    return Found(
        (("", Decimal(len(names))),),
        "Every feature varies." if not names else f"Never varying: {_listed(names)}.",
        f"Features that never vary ({_listed(names)}):",
    )


def _duplicates(profile: Profile, bar: Bar) -> Found:
    repeated, rows = profile["duplicates"]["rows"], profile["rows"]
    return Found(
        (("", _share(repeated, rows)),),
        f"{counted(repeated, 'row')} of {rows:,} repeat another." if repeated else "No row repeats another.",
        f"{counted(repeated, 'row')} of {rows:,} repeat another:",
    )


def _key(profile: Profile, bar: Bar) -> Found:
    key = profile["key"]
    if key is None:
        return Found((), "No column is registered as a key.")
    bad, names = key["missing"] + key["repeated"], _listed(key["columns"])
    return Found(
        ((names, _share(bad, profile["rows"])),),
        f"The key {names} is there and unique in every row."
        if not bad
        else f"{counted(bad, 'row')} have no key or a repeated one.",
        "Keys that are missing or repeated:",
    )


def _label_missing(profile: Profile, bar: Bar) -> Found:
    label = profile["label"]
    if label is None:
        return Found((), "No column is registered as the label.")
    missing = label["missing"]
    return Found(
        ((printable(label["column"]), _share(missing, profile["rows"])),),
        "Every row has a label." if not missing else f"{counted(missing, 'row')} have no label.",
        "Rows without a label:",
    )


def _label_classes(profile: Profile, bar: Bar) -> Found:
    label = profile["label"]
    if label is None or label["regression"]:
        return Found(
            (), "There are no classes: " + ("no label." if label is None else "a number is predicted.")
        )
    name, classes = printable(label["column"]), label["classes"]
    if classes is None:
        return Found(unread=(name,))
    told = ", ".join(f"{printable(c['value'])} {_number_of(c['share'])}" for c in classes[:_NAMED])
    return Found(((name, Decimal(len(classes))),), f"Classes of the label: {told}.", "Classes of the label:")


def _number_of(share: float) -> str:
    return f"{share * 100:.2f} %"


def _groups(profile: Profile, bar: Bar) -> Found:
    if not profile["groups"]:
        return Found((), "No column is registered as sensitive.")
    places = tuple(
        (f"{printable(one['column'])} = {printable(group['value'])}", Decimal(group["n"]))
        for one in profile["groups"]
        for group in one["groups"] or ()
    )
    empty = tuple((printable(one["column"]), Decimal(0)) for one in profile["groups"] if one["groups"] == [])
    return Found(
        (*places, *empty),
        f"The smallest group has {counted(int(min((n for _, n in places), default=0)), 'row')}.",
        "Groups with few rows:",
        tuple(printable(one["column"]) for one in profile["groups"] if one["groups"] is None),
    )


def _name(column: Mapping[str, Any]) -> str:
    return printable(column["name"])


def _is_input(column: Mapping[str, Any]) -> bool:
    return column["role"] in ("feature", "sensitive")


_FINDERS: Final[dict[str, Callable[[Profile, Bar], Found]]] = {
    "rows": _rows,
    "unregistered_columns": _unregistered,
    "type_disagreement_share": _types,
    "missing_share": _missing,
    "constant_features": _constant,
    "duplicate_share": _duplicates,
    "repeated_key_share": _key,
    "label_missing_share": _label_missing,
    "label_classes": _label_classes,
    "group_rows": _groups,
}
