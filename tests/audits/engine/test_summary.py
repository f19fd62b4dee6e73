"""The terminal says what was read, every verdict with its shape, and how many of each there are."""

from pathlib import Path

from audits.checks.spec import Check
from audits.engine.audit import audit
from audits.engine.outcome import AuditOutcome
from audits.engine.summary import summary
from audits.frames.errors import Refused
from audits.metrics.spec import Sampling
from tests.audits.engine.predictions import MAPPING, predictions

CHECKS = [
    Check("good", "tpr", ">", 0.1),
    Check("bad", "tpr", ">", 0.99),
    Check("open", "tpr", ">", 0.7),
    Check("odd", "r2", ">", 0.0),
]


def test_every_verdict_has_its_shape_and_words(tmp_path: Path) -> None:
    rows = [("F", 1, 1)] * 70 + [("M", 1, 0)] * 30 + [("", 0, 0)] * 5 + [("M", 0, "maybe")] * 2
    path = predictions(tmp_path / "d.csv", rows=rows)
    told = summary(audit(path, MAPPING, CHECKS, sampling=Sampling(resamples=50)))
    assert "d.csv: 107 rows read, 105 used." in told
    assert "2 set aside: " in told
    assert "5 without a value in sex: counted overall, in no group" in told
    for line in ("● passed                 good", "■ failed                 bad", "▲ not enough evidence    open",
                 "✕ could not be measured  odd"):  # fmt: skip
        assert line in told
    assert told.endswith(
        "4 checks: ● 1 passed · ■ 1 failed · ▲ 1 not enough evidence · ✕ 1 could not be measured"
    )
    assert max(len(line) for line in told.splitlines()) <= 110


def test_a_refusal_names_its_place() -> None:
    refused = Refused("csv.field_count", "Line 19 has 3 fields.", line=19, column="sex")
    assert summary(AuditOutcome(0, {}, refused=refused)) == (
        "✕ refused  Line 19 has 3 fields. (line 19, column sex) [csv.field_count]"
    )
