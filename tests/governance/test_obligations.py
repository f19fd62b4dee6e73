"""Obligations of frameworks: what policies ask, what people sign, and decisions that need no file to be made again."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from governance.classification.questions import questionnaire
from governance.dossier import duties, gather_system
from governance.frameworks import applying, catalogue
from governance.gates.spec import Step
from governance.models import Classification, Decision, ObligationDecision, ObligationState
from governance.services import asking, classifications, obligations, transitions
from registry.errors import Conflict, Denied, GateRefused, Invalid, NotFound
from registry.models import LedgerEntry, System
from registry.stages import RiskTier, Role
from tests.cast import Cast, grant
from tests.governance import staging
from tests.governance.classification.answering import harmless, sent
from tests.make import make_document, make_system

LEADERSHIP = "iso-42001:5.1"  # only a person can judge it
RISKS = "iso-42001:4.1"
LITERACY, SCREEN = "eu-ai-act:art-4", "eu-ai-act:art-5"


G1 = Step("system", "problem_definition", "data_sourcing")


def policy(*demands: dict[str, Any]) -> str:
    """A policy with these demands at G1."""
    step = {"subject": "system", "from": "problem_definition", "to": "data_sourcing"}
    return json.dumps(
        {
            "schema": "assay.policy/1",
            "name": "Duties",
            "tier": "high",
            "transitions": [{**step, "requirements": list(demands)}],
        }
    )


def classify(cast: Cast, system: System, **changes: str) -> None:
    answers = sent(harmless(**{"A3_5b": "yes", **changes}))
    classifications.answer(actor=cast.actor("dev"), system=system, answers=answers)


def move(cast: Cast, system: System) -> System:
    return transitions.request_system(actor=cast.actor("dev"), system=system, to="data_sourcing")


def refused(cast: Cast, system: System) -> dict[str, dict[str, Any]]:
    with pytest.raises(GateRefused) as found:
        move(cast, system)
    return {finding["code"]: finding for finding in found.value.findings}


def sign(cast: Cast, system: System, by: str = "cora", **changes: Any) -> ObligationDecision:
    asked = {
        "obligation": LEADERSHIP,
        "state": ObligationState.MET,
        "reason": "I read the minutes.",
        **changes,
    }
    return obligations.decide(actor=cast.actor(by), system=system, **asked)


def test_a_policy_asks_for_a_classification_and_gets_it(cast: Cast) -> None:
    staging.put_into_force(cast, policy({"classification": {"within_days": 365}}))
    system = make_system(cast)
    assert refused(cast, system)["classification"]["state"] == "open"
    classify(cast, system)
    assert move(cast, system).stage == "data_sourcing"


def test_answers_that_are_too_old_are_answered_again(cast: Cast) -> None:
    staging.put_into_force(cast, policy({"classification": {"within_days": 30}}))
    system = make_system(cast)
    with time_machine.travel(datetime(2026, 1, 5, tzinfo=UTC), tick=False):
        classify(cast, system)
    assert refused(cast, system)["classification"]["state"] == "stale"
    classify(cast, system)
    move(cast, system)


def test_other_rules_make_it_stale(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    staging.put_into_force(cast, policy({"classification": {}}))
    system = make_system(cast)
    classify(cast, system)
    (before,) = gather_system(system).dossier.classifications
    assert before.rules_digest == before.rules_now == questionnaire().digest
    monkeypatch.setattr(duties, "questionnaire", lambda: _Other())
    assert "questions or rules changed" in refused(cast, system)["classification"]["sentence"]


class _Other:
    digest = "sha256:" + "0" * 64


def test_answers_changed_behind_our_back_do_not_count(cast: Cast) -> None:
    staging.put_into_force(cast, policy({"classification": {}}))
    system = make_system(cast)
    classify(cast, system)
    row = Classification.objects.get(system=system)
    row.answers = row.answers.replace('"yes"', '"no"', 1)
    row.save()
    assert "not those that were recorded" in refused(cast, system)["classification"]["sentence"]


def test_the_obligations_that_concern_the_system_are_asked_for(cast: Cast) -> None:
    staging.put_into_force(cast, policy({"framework": {"id": "eu-ai-act", "items": [LITERACY]}}))
    system = make_system(cast)
    assert "none is in force" in refused(cast, system)["framework.eu-ai-act"]["sentence"]
    classify(cast, system)
    found = refused(cast, system)
    assert found[f"framework.{LITERACY}"]["clears"].splitlines() == [
        "Add the document “Competence record”.",
        "Add the document “Governance policy”.",
    ]
    for kind in ("competence_record", "governance_policy"):
        make_document(cast, system, kind)
    assert move(cast, system).stage == "data_sourcing"


def test_a_stored_decision_is_made_again_without_the_files(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    demands: tuple[dict[str, Any], ...] = (
        {"framework": {"id": "eu-ai-act"}},
        {"framework": {"id": "gdpr"}},
        {"classification": {}},
    )
    staging.put_into_force(cast, policy(*demands))
    system = make_system(cast)
    classify(cast, system)
    refused(cast, system)
    decision = Decision.objects.get()

    def gone(*_: Any) -> Any:
        raise FileNotFoundError

    for module, name in ((catalogue, "_load"), (catalogue, "framework"), (applying, "framework")):
        monkeypatch.setattr(module, name, gone)
    assert asking.replay(decision) == decision.outcome


def test_obligations_begin_with_time(cast: Cast) -> None:
    staging.put_into_force(cast, policy({"framework": {"id": "eu-ai-act", "items": ["eu-ai-act:art-9.1"]}}))
    system = make_system(cast)
    classify(cast, system)
    (option, *_) = transitions.options_system(cast.actor("dev"), system)
    assert option.decided is not None
    assert option.decided.holds_until == datetime(2027, 12, 2, tzinfo=UTC)
    for day, met in ((1, True), (2, False)):
        gathered = gather_system(system, now=datetime(2027, 12, day, tzinfo=UTC)).about(G1)
        assert asking.made(gathered).allows == met


# --- signing ---


def test_a_signed_word_covers_what_only_a_person_can_judge(cast: Cast) -> None:
    staging.put_into_force(cast, policy({"framework": {"id": "iso-42001", "items": [LEADERSHIP]}}))
    system = make_system(cast)
    make_document(cast, system, "management_review")
    assert "Nobody has signed" in refused(cast, system)[f"framework.{LEADERSHIP}"]["sentence"]
    row = sign(cast, system)
    assert (row.number, row.role, row.framework) == (1, Role.COMPLIANCE_OFFICER, "iso-42001")
    assert move(cast, system).stage == "data_sourcing"
    entry = LedgerEntry.objects.get(event="obligation.decided")
    assert b"minutes" not in bytes(entry.body)


def test_a_new_document_asks_for_a_new_word(cast: Cast) -> None:
    staging.put_into_force(cast, policy({"framework": {"id": "iso-42001", "items": [LEADERSHIP]}}))
    system = make_system(cast)
    make_document(cast, system, "management_review")
    sign(cast, system)
    make_document(cast, system, "management_review", content={"minutes": "Of this year."})
    assert refused(cast, system)[f"framework.{LEADERSHIP}"]["state"] == "stale"
    assert sign(cast, system).number == 2
    move(cast, system)


def test_whoever_lost_the_role_has_signed_nothing(cast: Cast) -> None:
    staging.put_into_force(cast, policy({"framework": {"id": "iso-42001", "items": [LEADERSHIP]}}))
    system = make_system(cast)
    sign(cast, system)
    cast.cora.is_active = False
    cast.cora.save()
    assert refused(cast, system)[f"framework.{LEADERSHIP}"]["state"] == "stale"


def test_that_one_does_not_apply_needs_a_reason(cast: Cast) -> None:
    staging.put_into_force(cast, policy({"framework": {"id": "iso-42001", "items": [RISKS]}}))
    system = make_system(cast)
    with pytest.raises(Invalid, match="Say what you looked at"):
        sign(cast, system, obligation=RISKS, state=ObligationState.NOT_APPLICABLE, reason=" ")
    refused(cast, system)
    sign(cast, system, obligation=RISKS, state=ObligationState.NOT_APPLICABLE, reason="Another unit does.")
    assert move(cast, system).stage == "data_sourcing"


def test_a_word_can_be_taken_back(cast: Cast) -> None:
    staging.put_into_force(cast, policy({"framework": {"id": "iso-42001", "items": [LEADERSHIP]}}))
    system = make_system(cast)
    sign(cast, system)
    sign(cast, system, by="vera", state=ObligationState.OPEN, reason="The minutes are of another year.")
    assert refused(cast, system)[f"framework.{LEADERSHIP}"]["state"] == "open"


def test_nobody_signs_their_own_document(cast: Cast) -> None:
    system = make_system(cast)
    make_document(cast, system, "management_review", by="cora")
    with pytest.raises(Denied, match="You wrote a document"):
        sign(cast, system)
    assert LedgerEntry.objects.filter(event="obligation.refused").count() == 1
    assert not ObligationDecision.objects.exists()
    assert sign(cast, system, by="vera").role == Role.VALIDATOR


def test_a_service_account_signs_nothing(cast: Cast) -> None:
    grant(cast, "ci", Role.VALIDATOR)
    with pytest.raises(Denied, match="service account"):
        sign(cast, make_system(cast), by="ci")


@pytest.mark.parametrize(
    ("name", "error"), [("dev", Denied), ("aud", Denied), ("oscar", NotFound), ("root", NotFound)]
)
def test_only_reviewers_sign(cast: Cast, name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        sign(cast, make_system(cast), by=name)


def test_what_evidence_shows_is_not_signed(cast: Cast) -> None:
    with pytest.raises(Invalid, match="shown by its evidence"):
        sign(cast, make_system(cast), obligation=RISKS)


def test_a_role_one_does_not_hold_cannot_be_signed_in(cast: Cast) -> None:
    with pytest.raises(Denied, match="no role"):
        sign(cast, make_system(cast), role=Role.VALIDATOR)


def test_what_does_not_exist_or_does_not_concern_the_system_is_not_signed(cast: Cast) -> None:
    system = make_system(cast, tier=RiskTier.MINIMAL)
    with pytest.raises(NotFound):
        sign(cast, system, obligation="eu-ai-act:art-999")
    with pytest.raises(Conflict, match="before it is classified"):
        sign(cast, system, obligation=SCREEN, state=ObligationState.NOT_APPLICABLE)
    classifications.answer(actor=cast.actor("dev"), system=system, answers=sent(harmless()))
    with pytest.raises(Conflict, match="does not concern"):
        sign(cast, system, obligation="eu-ai-act:art-9.1", state=ObligationState.NOT_APPLICABLE)
