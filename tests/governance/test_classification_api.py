"""Classification, obligations and coverage over the API."""

from typing import Any

import pytest

from registry.models import LedgerEntry, System
from registry.stages import RiskTier
from tests.calls import api
from tests.cast import Cast
from tests.governance.classification.answering import harmless, sent
from tests.make import make_document, make_system

V1 = "/api/v1"
EXEMPT = {"A3_5b": "yes", "EX_0": "yes", "EX_a": "yes"}


def at(system: System, rest: str = "classification") -> str:
    return f"{V1}/systems/{system.pk}/{rest}"


def answers(**changes: str) -> dict[str, Any]:
    return {"answers": sent(harmless(**changes))}


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["code"] == code
    return found


def test_the_whole_way_over_the_api(cast: Cast) -> None:
    system, dev, rita = make_system(cast), api(cast, "dev"), api(cast, "rita")
    asked = dev.get(at(system)).json()
    assert (asked["tier"], asked["in_force"], asked["waiting"]) == ("high", None, None)
    assert sum(len(section["questions"]) for section in asked["sections"]) == 59
    assert "Not legal advice" in asked["disclaimer"]
    made = dev.post(at(system), answers(**EXEMPT))
    assert made.status_code == 201, made.content
    assert (made.json()["state"], made.json()["tier"]) == ("proposed", "minimal")
    assert len(made.json()["waits_for"]) == 2
    assert rita.get(at(system)).json()["waiting"]["number"] == 1
    problem(rita.post(at(system, "classification/confirm"), {"number": 2}), 404, "not_found")
    done = rita.post(at(system, "classification/confirm"), {"number": 1})
    assert (done.status_code, done.json()["state"], done.json()["decided_by"]) == (200, "in_force", "Rita")
    assert dev.get(at(system)).json()["tier"] == "minimal"
    problem(rita.post(at(system, "classification/confirm"), {"number": 1}), 409, "classification.closed")


def test_a_rejection_over_the_api(cast: Cast) -> None:
    system, rita = make_system(cast), api(cast, "rita")
    api(cast, "dev").post(at(system), answers())
    problem(rita.post(at(system, "classification/reject"), {"number": 1}), 400, "invalid")
    done = rita.post(at(system, "classification/reject"), {"number": 1, "reason": "It lends."})
    assert (done.json()["state"], done.json()["decision_reason"]) == ("rejected", "It lends.")


def test_who_answered_is_refused_and_recorded_once_under_one_key(cast: Cast) -> None:
    system, cora = make_system(cast), api(cast, "cora")
    cora.post(at(system), answers())
    for _ in range(2):
        answer = cora.post(
            at(system, "classification/confirm"), {"number": 1}, headers={"Idempotency-Key": "k"}
        )
        problem(answer, 403, "classification.excluded")
    assert LedgerEntry.objects.filter(event="classification.refused").count() == 1


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "invalid", "answers"),
        ({"answers": {}}, "invalid", "answers"),
        ({"answers": {"SC1": {"answer": "yes", "tier": "minimal"}}}, "invalid", "answers.SC1.tier"),
        ({"answers": {"SC1": {"answer": "perhaps"}}}, "invalid", "answers.SC1.answer"),
        ({"answers": {"XX": {"answer": "yes"}}}, "classification.invalid", "XX"),
        ({"answers": {"SC3": {"answer": "yes"}}}, "classification.invalid", "SC3"),
        ({"answers": {"SC1": {"answer": "yes"}}, "tier": "minimal"}, "invalid", "tier"),
    ],
)
def test_wrong_input_is_named(cast: Cast, body: Any, code: str, field: str) -> None:
    system = make_system(cast)
    found = problem(api(cast, "dev").post(at(system), body), 400, code)
    assert field in {error["field"] for error in found["errors"]}
    assert System.objects.get(pk=system.pk).risk_tier == "high"


def test_those_who_may_not_are_told_and_outsiders_find_nothing(cast: Cast) -> None:
    system = make_system(cast)
    problem(api(cast, "vera").post(at(system), answers()), 403, "denied")
    for method, rest, body in (
        ("get", "classification", None),
        ("post", "classification", answers()),
        ("post", "classification/confirm", {"number": 1}),
        ("post", "classification/reject", {"number": 1, "reason": "No."}),
        ("get", "coverage?framework=gdpr", None),
        ("post", "obligations/iso-42001:5.1/decision", {"state": "met", "reason": "Read."}),
    ):
        problem(getattr(api(cast, "oscar"), method)(at(system, rest), body), 404, "not_found")


def test_coverage_lists_what_concerns_the_system_open_ones_first(cast: Cast) -> None:
    system, dev = make_system(cast, tier=RiskTier.HIGH), api(cast, "dev")
    unsettled = dev.get(at(system, "coverage?framework=eu-ai-act")).json()
    assert (unsettled["settled"], unsettled["obligations"]) == (False, [])
    dev.post(at(system), answers(A3_5b="yes"))
    found = dev.get(at(system, "coverage?framework=eu-ai-act")).json()
    states = [one["state"] for one in found["obligations"]]
    assert states == sorted(states, key=["open", "stale", "met", "later"].index)
    literacy = next(one for one in found["obligations"] if one["ref"] == "art-4")
    assert [e["there"] for e in literacy["evidence"]] == [False, False]
    later = next(one for one in found["obligations"] if one["ref"] == "art-9.1")
    assert (later["state"], later["starts"]) == ("later", "2027-12-02")
    assert found["others"] + len(states) == 222


def test_a_word_is_signed_over_the_api(cast: Cast) -> None:
    system, cora = make_system(cast), api(cast, "cora")
    make_document(cast, system, "management_review")
    body = {"state": "met", "reason": "I read the minutes."}
    signed = cora.post(at(system, "obligations/iso-42001:5.1/decision"), body)
    assert (signed.status_code, signed.json()["role"]) == (201, "compliance_officer")
    found = cora.get(at(system, "coverage?framework=iso-42001")).json()
    one = next(one for one in found["obligations"] if one["id"] == "iso-42001:5.1")
    assert (one["state"], one["signed"]["reason"]) == ("met", "I read the minutes.")
    problem(cora.post(at(system, "obligations/iso-42001:4.1/decision"), body), 400, "invalid")
    problem(cora.post(at(system, "obligations/nothing/decision"), body), 404, "not_found")


@pytest.mark.parametrize("query", ["", "?framework=", "?framework=nothing"])
def test_an_unknown_framework_names_the_known_ones(cast: Cast, query: str) -> None:
    found = problem(api(cast, "dev").get(at(make_system(cast), f"coverage{query}")), 400, "invalid")
    assert "eu-ai-act" in found["errors"][0]["message"]


def test_the_version_of_another_system_has_no_evidence_here(cast: Cast) -> None:
    system = make_system(cast)
    query = "coverage?framework=gdpr&model_version=00000000-0000-4000-8000-000000000000"
    problem(api(cast, "dev").get(at(system, query)), 404, "not_found")


def test_a_very_long_list_of_answers_is_refused(cast: Cast) -> None:
    many = {f"Q{number}": {"answer": "no"} for number in range(501)}
    problem(api(cast, "dev").post(at(make_system(cast)), {"answers": many}), 400, "invalid")
