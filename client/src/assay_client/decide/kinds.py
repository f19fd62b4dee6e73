"""The kinds of demands a policy can make: what may be written under each, and the function that looks at the facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Callable, NamedTuple

from assay_client.decide import (
    of_data,
    of_documents,
    of_evidence,
    of_people,
    of_rules,
    people,
    subject,
    titles,
)
from assay_client.decide.evidence import LEVELS
from assay_client.decide.facts import Fact
from assay_client.decide.lines import Line
from assay_client.decide.policy import (
    DAYS,
    VOTING_ROLES,
    Shape,
    Test,
    among,
    is_text,
    is_true,
    many,
    obj,
    shape,
    whole,
)


class Kind(NamedTuple):
    """One kind of demand."""

    params: Shape
    lines: Callable[[Fact, Mapping[str, Any]], Iterable[Line]]


_SHARE = re.compile(r"0(\.[0-9]{1,10})?|1(\.0{1,10})?", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_HOURS = whole(1, 8784)
_SMALL = whole(1, 20)


def _number(pattern: re.Pattern[str]) -> Test:
    """A number as text or as a whole number."""
    return lambda value: type(value) in (int, str) and pattern.fullmatch(str(value)) is not None


def _bar(value: Any) -> bool:
    """A metric with one side."""
    known = obj(
        "metric", metric=lambda one: isinstance(one, str), at_least=_number(_NUMBER), at_most=_number(_NUMBER)
    )
    return known(value) and len(value) == 2


def _rows(test: Test) -> Test:
    return lambda value: isinstance(value, list) and bool(value) and all(map(test, value))


_ROLE = among(*VOTING_ROLES)
_SEAT = obj("role", role=_ROLE, count=_SMALL)
_SIGNABLE = sorted(subject.FIELDS - {"schema"})
_VOTES = obj("role", role=_ROLE, count=_SMALL, order=_SMALL, signs=many(among(*_SIGNABLE)))
_NOTHING = shape()


def _seats(value: Any) -> bool:
    """Seats; those of one role have one turn and one list of what they sign."""
    if not _rows(_VOTES)(value) or len(value) > len(VOTING_ROLES):
        return False
    first: dict[str, Any] = {}
    meant = [(row, first.setdefault(row["role"], row)) for row in value]
    return all(row.get(key) == known.get(key) for row, known in meant for key in ("order", "signs"))


def _data_bars(value: Any) -> bool:
    if not isinstance(value, dict) or not value or not set(value) <= set(of_data.BARS):
        return False
    counts = ("rows", "unregistered_columns", "constant_features", "label_classes", "group_rows")
    return all(
        whole(0, 10**12)(one) if check in counts else _number(_SHARE)(one) for check, one in value.items()
    )


KINDS: Mapping[str, Kind] = {
    "documents": Kind(
        shape(
            "kinds",
            kinds=many(among(*titles.KINDS)),
            within_days=DAYS,
            complete=lambda value: isinstance(value, bool),
        ),
        of_documents.documents,
    ),
    "training_record": Kind(
        shape("fields", fields=many(among(*of_documents.FIELDS))), of_documents.training_record
    ),
    "datasets": Kind(shape("at_least", at_least=whole(1, 10**18)), of_data.datasets),
    "data_quality": Kind(
        shape(names=many(among(*of_data.BARS)), within_days=DAYS, bars=_data_bars), of_data.data_quality
    ),
    "schema_locked": Kind(_NOTHING, of_data.schema_locked),
    "features_documented": Kind(_NOTHING, of_data.features_documented),
    "proxy_review": Kind(shape("above", above=_number(_SHARE)), of_data.proxy_review),
    "evidence": Kind(
        shape("kind", kind=among(*of_evidence.KINDS), level=among(*LEVELS), within_days=DAYS),
        of_evidence.evidence,
    ),
    "checks": Kind(
        shape(
            "all",
            all=is_true,
            names=many(lambda value: isinstance(value, str)),
            bars=_rows(_rows(_bar)),
            attempts=whole(1, 10_000),
            unseen=is_true,
            deviations=obj("of", of=_rows(_SEAT)),
        ),
        of_evidence.checks,
    ),
    "champion": Kind(_NOTHING, of_evidence.champion),
    "issues": Kind(
        shape("below", kinds=many(among("finding", "incident")), below=among(*of_people.SEVERITIES)),
        of_people.issues,
    ),
    "report": Kind(shape("kind", kind=among("validation_report")), of_documents.report),
    "classification": Kind(shape(within_days=DAYS), of_rules.classification),
    "framework": Kind(
        shape("id", id=is_text, items=many(is_text), levels=many(among(*of_rules.LEVELS))), of_rules.framework
    ),
    "approvals": Kind(
        shape(
            "of exclude", of=_seats, exclude=many(among(*people.PARTS)), within_days=DAYS, request_days=DAYS
        ),
        of_people.approvals,
    ),
    "review": Kind(_NOTHING, of_people.review),
    "ledger": Kind(
        shape(
            "verified_within_hours",
            verified_within_hours=_HOURS,
            anchored_within_hours=_HOURS,
            anchor_covers_approvals=is_true,
        ),
        of_rules.ledger,
    ),
    "conditions": Kind(shape("none", none=among("lapsed", "open")), of_people.conditions),
}
PARAMS: Mapping[str, Shape] = {name: kind.params for name, kind in KINDS.items()}
