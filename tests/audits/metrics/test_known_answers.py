"""Every metric gives the answer that was worked out by hand."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from audits.engine.audit import audit
from audits.engine.outcome import AuditOutcome
from audits.metrics.catalogue import METRICS
from tests.audits.metrics import known_answers as known
from tests.audits.metrics.counted import at


def outcome_of(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]], **mapping: Any
) -> AuditOutcome:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    outcome = audit(path, mapping)
    assert outcome.refused is None
    return outcome


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, AuditOutcome]:
    folder = tmp_path_factory.mktemp("known")
    cells = ((1, 1), (0, 1), (1, 0), (0, 0))
    rows = [
        (sex, label, prediction)
        for sex, counts in known.BINARY_COUNTS.items()
        for (label, prediction), count in zip(cells, counts, strict=True)
        for _ in range(count)
    ]
    labelled = {"label": "label", "prediction": "prediction"}
    grouped = {"sensitive": ["group"], "reference": {"group": "B"}}
    return {
        "binary": outcome_of(
            folder / "b.csv", ["sex", "label", "prediction"], rows,
            task="binary", positive="1", sensitive=["sex"], reference={"sex": "M"}, **labelled,
        ),
        "multiclass": outcome_of(
            folder / "m.csv", ["group", "label", "prediction"], known.CLASSES,
            task="multiclass", favourable="z", **labelled, **grouped,
        ),
        "scored": outcome_of(
            folder / "s.csv", ["group", "label", "score"], known.SCORES,
            task="binary", positive="1", label="label", score="score", **grouped,
        ),
        "regression": outcome_of(
            folder / "r.csv", ["group", "label", "prediction"], known.VALUES, task="regression", **labelled, **grouped
        ),
    }  # fmt: skip


ANSWERS: list[tuple[str, known.Answer]] = [
    *(("binary", answer) for answer in known.BINARY),
    *(("multiclass", answer) for answer in known.MULTICLASS),
    *(("scored", answer) for answer in known.SCORED),
    *(("regression", answer) for answer in known.REGRESSION),
]


@pytest.mark.parametrize(("where", "answer"), ANSWERS, ids=[f"{a[0]} {dict(a[1])}" for _, a in ANSWERS])
def test_a_metric_gives_the_answer_worked_out_by_hand(
    outcomes: dict[str, AuditOutcome], where: str, answer: known.Answer
) -> None:
    code, place, expected = answer
    assert at(outcomes[where].measurements, code, place).value == pytest.approx(
        expected, rel=1e-11, abs=1e-12
    )


def test_every_metric_has_a_known_answer() -> None:
    assert {answer[0] for _, answer in ANSWERS} == set(METRICS)


def test_everything_measured_is_in_the_catalogue(outcomes: dict[str, AuditOutcome]) -> None:
    measured = {one.code for outcome in outcomes.values() for one in outcome.measurements}
    assert measured == set(METRICS)


def test_what_is_measured_speaks_of_what_the_catalogue_says(outcomes: dict[str, AuditOutcome]) -> None:
    for outcome in outcomes.values():
        for one in outcome.measurements:
            scopes = {str(scope) for scope in METRICS[one.code].scopes}
            if "class" in one.slice:
                assert "class" in scopes
            elif None in one.slice.values():
                assert "across" in scopes
            elif one.code != "confusion":
                assert scopes & {"rows", "group"}


def test_limits_lie_around_the_value(outcomes: dict[str, AuditOutcome]) -> None:
    for outcome in outcomes.values():
        for one in outcome.measurements:
            assert (one.low is None) == (one.high is None)
            if one.low is not None and one.high is not None:
                assert one.low <= one.high
            if METRICS[one.code].interval == "none":
                assert one.low is None
            if METRICS[one.code].interval == "wilson" and one.value is not None and one.low is not None:
                assert one.low <= one.value <= (one.high or 0)
