"""Every pair of stages of both subjects, made from the table: what exists happens, and nothing else."""

from itertools import product
from typing import Any

import pytest

from governance import lifecycle
from governance.lifecycle import Transition
from governance.models import Decision
from governance.services import decisions, transitions
from registry.actors import Actor
from registry.errors import Denied, GateRefused, Invalid, TransitionNotAllowed
from registry.models import LedgerEntry, ModelVersion, System
from registry.stages import Role, SystemStage, VersionStage
from tests.calls import api
from tests.cast import Cast, grant
from tests.governance import staging
from tests.make import make_system, make_version

ASSAY = Actor.system("enforcement")
STAGES: dict[str, list[str]] = {
    lifecycle.SYSTEM: list(SystemStage.values),
    lifecycle.MODEL_VERSION: list(VersionStage.values),
}
PLACES = [(subject, here) for subject, stages in STAGES.items() for here in stages]
PAIRS = [pair for subject, stages in STAGES.items() for pair in product([subject], stages, stages)]
STEPS = [row for row in lifecycle.TRANSITIONS if row.gate is None]
GATED = [row for row in lifecycle.TRANSITIONS if row.gate is not None]


def named(row: Transition) -> str:
    return f"{row.subject}-{row.from_stage}-{row.to_stage}"


def standing_at(cast: Cast, subject: str, stage: str) -> ModelVersion | System:
    """A subject that stands at a stage, without anything that a gate asks for."""
    system = make_system(cast)
    made: ModelVersion | System = system if subject == lifecycle.SYSTEM else make_version(cast, system)
    type(made)._default_manager.filter(pk=made.pk).update(stage=stage)
    made.refresh_from_db()
    return made


def take(actor: Actor, made: ModelVersion | System, to: str) -> ModelVersion | System:
    if isinstance(made, System):
        return transitions.request_system(actor=actor, system=made, to=to, reason="Because.")
    return transitions.request(actor=actor, version=made, to=to, reason="Because.")


def stage_of(made: ModelVersion | System) -> str:
    return str(type(made)._default_manager.get(pk=made.pk).stage)


@pytest.mark.parametrize(("subject", "here"), PLACES)
def test_over_the_api_what_is_no_step_is_409_and_names_the_steps(cast: Cast, subject: str, here: str) -> None:
    made, client = standing_at(cast, subject, here), api(cast, "dev")
    place = "systems" if subject == lifecycle.SYSTEM else "model-versions"
    known = [row.to_stage for row in lifecycle.steps_from(subject, here)]
    for there in STAGES[subject]:
        if there in known:
            continue
        answer = client.post(f"/api/v1/{place}/{made.pk}/transitions", {"to": there, "reason": "Because."})
        assert answer.status_code == 409, there
        assert answer.json()["code"] == "transition.not_allowed"
        assert all(str(one) in answer.json()["detail"] for one in known)
    assert stage_of(made) == here
    assert not LedgerEntry.objects.filter(event__startswith="transition.").exists()


@pytest.mark.parametrize("row", GATED, ids=named)
def test_a_gate_without_evidence_stays_closed_and_says_why(cast: Cast, row: Transition) -> None:
    staging.make_policies(cast)
    made = standing_at(cast, row.subject, row.from_stage)
    with pytest.raises(GateRefused) as refused:
        take(cast.actor("dev"), made, row.to_stage)
    assert any(finding["state"] != "met" for finding in refused.value.findings)
    assert stage_of(made) == row.from_stage
    assert Decision.objects.get().verdict == "deny"


@pytest.mark.parametrize("row", STEPS, ids=named)
def test_a_step_without_a_gate_is_taken_by_those_who_may(cast: Cast, row: Transition) -> None:
    grant(cast, "dev", Role.REVIEWER)
    made = standing_at(cast, row.subject, row.from_stage)
    assert take(cast.actor("dev"), made, row.to_stage).stage == row.to_stage
    entry = LedgerEntry.objects.get(event="transition.completed")
    assert entry.subject_id == made.pk


@pytest.mark.parametrize(("subject", "here", "there"), PAIRS)
def test_assay_takes_its_own_steps_and_no_other(cast: Cast, subject: str, here: str, there: str) -> None:
    row = lifecycle.find(subject, here, there)
    made = standing_at(cast, subject, here)
    if row is not None and row.by_assay:
        assert take(ASSAY, made, there).stage == there
        entry = LedgerEntry.objects.get(event="transition.completed")
        assert (entry.actor_kind, entry.actor_id) == ("system", "enforcement")
        return
    with pytest.raises(TransitionNotAllowed if row is None else Denied):
        take(ASSAY, made, there)
    assert stage_of(made) == here


def test_assay_gives_a_reason_too(cast: Cast) -> None:
    version = standing_at(cast, lifecycle.MODEL_VERSION, "production")
    assert isinstance(version, ModelVersion)
    with pytest.raises(Invalid, match="needs a reason"):
        transitions.request(actor=ASSAY, version=version, to="suspended")


def test_a_service_account_cannot_call_itself_assay(cast: Cast) -> None:
    version = standing_at(cast, lifecycle.MODEL_VERSION, "production")
    with pytest.raises(Denied):
        take(cast.actor("ci"), version, "suspended")


LEAVING = [
    row for row in STEPS if row.from_stage in lifecycle.DEPLOYED and row.to_stage not in lifecycle.DEPLOYED
]


@pytest.mark.parametrize("row", LEAVING, ids=named)
def test_the_door_is_red_from_the_moment_a_version_leaves_production(
    cast: Cast, printer: None, row: Transition
) -> None:
    version = transitions.request(actor=cast.actor("dev"), version=staging.allowed(cast), to="production")
    staging.approve(cast, version)  # production used up the votes; the door asks for them, too
    staging.report(cast, version)
    if row.from_stage == VersionStage.MONITORING:
        version = transitions.request(
            actor=cast.actor("dev"), version=version, to="monitoring", reason="It runs."
        )
    question: dict[str, Any] = {"artifact_digest": version.artifact.digest, "environment": "production"}
    before = decisions.ask(actor=cast.actor("ci"), **question)
    assert before.decided.allows
    assert decisions.ask(actor=cast.actor("ci"), **question).decision_id == before.decision_id
    take(cast.actor("dev"), version, row.to_stage)
    after = decisions.ask(actor=cast.actor("ci"), **question)
    assert not after.decided.allows
    assert "version.stage" in {finding.code for finding in after.decided.findings if not finding.met}
