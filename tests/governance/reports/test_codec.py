"""The twin: canonical, complete, and read back strictly."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from governance.reports.codec import from_json, to_json
from governance.reports.errors import ReportRefused
from registry.errors import AssayError
from tests.governance.reports.specimen import specimen


def test_it_reads_back_what_it_wrote() -> None:
    assert from_json(to_json(specimen())) == specimen()


def test_it_is_canonical() -> None:
    twin = to_json(specimen())
    shuffled = json.dumps(dict(reversed(json.loads(twin).items())), indent=3)
    assert to_json(from_json(shuffled)) == twin


def _set(path: str, value: Any) -> Callable[[Any], None]:
    def change(content: Any) -> None:
        *way, last = path.split("/")
        for step in way:
            content = content[int(step) if step.isdigit() else step]
        content[last] = value

    return change


CHANGES = {
    "report.surprise": _set("surprise", 1),
    "report.subject.model": _set("subject/model", 7),
    "report.checks[0].verdict": _set("checks/0/verdict", "fine"),
    "report.checks[0].bar.digits": _set("checks/0/bar/digits", True),
    "report.binding.dossier_at": _set("binding/dossier_at", "yesterday"),
    "report.evidence": _set("evidence", {}),
    "report.ledger": _set("ledger", None),
    "not a digest": _set("subject/artifact_digest", "sha256:0"),
    "schema": _set("schema", "assay.validation-report/0"),
    "is not in its evidence list": _set("checks/0/bar/evidence_id", "E77"),
}


@pytest.mark.parametrize("place", CHANGES)
def test_it_refuses_what_it_does_not_know(place: str) -> None:
    content = json.loads(to_json(specimen()))
    CHANGES[place](content)
    with pytest.raises(AssayError) as refusal:
        from_json(json.dumps(content))
    assert place.removeprefix("report.surprise") in refusal.value.message


def test_it_names_a_missing_field() -> None:
    content = json.loads(to_json(specimen()))
    del content["ledger"]["root_digest"]
    with pytest.raises(ReportRefused, match=r"report\.ledger lacks the field 'root_digest'"):
        from_json(json.dumps(content))


@pytest.mark.parametrize("data", ["", "{", "[]", "null", '{"schema": 1}', "[" * 100_000, '"\\ud800"'])
def test_it_refuses_what_is_no_report(data: str) -> None:
    with pytest.raises(ReportRefused):
        from_json(data)


def test_it_refuses_a_text_that_is_not_unicode() -> None:
    content = json.loads(to_json(specimen()))
    content["subject"]["system"] = "half a pair \ud83d"
    with pytest.raises(ReportRefused, match="cannot be written"):
        to_json(from_json(json.dumps(content)))
