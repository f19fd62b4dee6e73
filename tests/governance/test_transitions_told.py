"""What a step leaves behind, what its refusal says, and what is told beforehand: each whole."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.gates import codec
from governance.models import ApprovalRequest, Decision, RequestState, ReviewDue
from governance.services import transitions
from governance.services.transitions import MAX_REASON
from registry import queue
from registry.actors import Actor
from registry.errors import GateRefused
from registry.models import ModelVersion, System
from tests.cast import Cast
from tests.governance import staging, watching
from tests.log import logged
from tests.make import make_document, make_system, make_version
from tests.refusals import refused

ASSAY = Actor.system("enforcement")


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    """The code and the sentence with which a step is refused."""
    error = refused(call)
    return error.code, error.message


def move(cast: Cast, version: ModelVersion, to: str, by: str = "dev", **reason: str) -> ModelVersion:
    return transitions.request(actor=cast.actor(by), version=version, to=to, **reason)


def entry(subject: ModelVersion | System, by: str, **step: Any) -> dict[str, Any]:
    """What every entry about a step says."""
    system = subject if isinstance(subject, System) else subject.model.system
    on = {"kind": subject._meta.model_name, "id": str(subject.pk)}
    return {"by": by, "on": on, "in": str(system.pk), **step}


def test_a_step_of_a_version_is_logged_with_its_decision(cast: Cast) -> None:
    version = staging.at_validation(cast)
    decision = Decision.objects.get(model_version=version)
    assert decision.system == version.model.system
    step = {"from_stage": "development", "to_stage": "validation", "decision_id": str(decision.pk)}
    [*_, last] = logged("transition.completed")
    assert last == entry(version, "Dev", moved=str(version), reason=None, **step)


def test_so_is_one_of_a_system(cast: Cast) -> None:
    staging.make_policies(cast)
    system = make_system(cast)
    for kind in staging.DOCUMENTS:
        make_document(cast, system, kind)
    moved = transitions.request_system(
        actor=cast.actor("dev"), system=system, to="data_sourcing", reason="Ready."
    )
    assert System.objects.get().stage == moved.stage == "data_sourcing"
    decision = Decision.objects.get()
    step = {
        "from_stage": "problem_definition",
        "to_stage": "data_sourcing",
        "decision_id": str(decision.pk),
    }
    assert (decision.system, decision.model_version) == (system, None)
    assert logged("transition.completed") == [entry(system, "Dev", moved="credit", reason="Ready.", **step)]


def test_a_step_without_a_gate_is_logged_with_its_reason(cast: Cast) -> None:
    version = staging.at_validation(cast)
    move(cast, version, "rejected", "vera", reason="Unsound.")
    step = {"from_stage": "validation", "to_stage": "rejected", "decision_id": None}
    assert logged("transition.completed")[-1] == entry(
        version, "Vera", moved=str(version), reason="Unsound.", **step
    )


def test_a_refusal_says_everything_that_is_open_and_is_logged(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    decided = next(
        option.decided
        for option in transitions.options(cast.actor("dev"), version)
        if option.transition.to_stage == "production"
    )
    assert decided is not None
    unmet = [finding for finding in decided.findings if finding.blocks]
    error = refused(lambda: move(cast, version, "production", reason="Now."))
    assert error.message == (
        f"{version} stays at compliance: {len(unmet)} of {len(decided.findings)} requirements are open."
        f" First: {unmet[0].sentence}"
    )
    assert len(unmet) == 4
    assert error.findings == tuple(codec.whole(finding) for finding in decided.findings)
    step = {
        "from_stage": "compliance",
        "to_stage": "production",
        "decision_id": error.decision_id,
    }
    assert logged("transition.refused") == [entry(version, "Dev", held=str(version), reason="Now.", **step)]


def test_what_is_no_step_names_the_steps_there_are(cast: Cast) -> None:
    version = make_version(cast, make_system(cast))
    told = "There is no step from development to production. From here: validation, retired."
    assert refusal(lambda: move(cast, version, "production")) == ("transition.not_allowed", told)
    ModelVersion.objects.update(stage="retired")
    told = "There is no step from retired to production. From here: none, this is the end."
    assert refusal(lambda: move(cast, version, "production")) == ("transition.not_allowed", told)


def test_a_reason_has_its_length_and_a_step_without_a_gate_has_one(cast: Cast) -> None:
    version, system = staging.at_validation(cast), System.objects.get()
    calls = (
        lambda: move(cast, version, "rejected", "vera", reason="x" * (MAX_REASON + 1)),
        lambda: move(cast, version, "rejected", "vera"),
        lambda: transitions.request_system(actor=cast.actor("olga"), system=system, to="retired"),
    )
    assert [refused(call).errors for call in calls] == [
        (("reason", "too long"),),
        (("reason", "required"),),
        (("reason", "required"),),
    ]
    assert move(cast, version, "rejected", "vera", reason="x" * MAX_REASON).stage == "rejected"


def test_who_may_not_is_told_so_and_logged(cast: Cast) -> None:
    version = staging.at_validation(cast)
    assert [
        refusal(lambda: move(cast, version, "rejected", "aud", reason="No.")),
        refusal(lambda: transitions.request(actor=ASSAY, version=version, to="rejected", reason="No.")),
        refusal(lambda: move(cast, version, "rejected", "oscar", reason="No.")),
    ] == [
        ("denied", "You may not take the step validation→rejected here."),
        ("denied", "Assay may not take the step validation→rejected here."),
        ("not_found", "There is no such model version."),
    ]
    assert [(one["by"], one["on"]["id"]) for one in logged("access.denied")] == [
        ("Aud", str(version.pk)),
        ("Assay enforcement", str(version.pk)),
    ]


def told(options: list[transitions.Option]) -> dict[str, tuple[bool, bool, bool]]:
    """Of each step: whether one may, whether a gate has decided, and whether it would succeed."""
    return {
        str(one.transition.to_stage): (one.permitted, one.decided is not None, one.possible)
        for one in options
    }


def test_every_step_is_told_beforehand(cast: Cast) -> None:
    version = staging.at_validation(cast)
    staging.measure(cast, version)
    assert told(transitions.options(cast.actor("dev"), version)) == {
        "compliance": (True, True, True),
        "development": (True, False, True),
        "rejected": (False, False, False),
        "retired": (True, False, True),
    }
    assert told(transitions.options(cast.actor("aud"), version))["compliance"] == (False, True, False)


def test_so_is_every_step_of_a_system(cast: Cast) -> None:
    staging.make_policies(cast)
    system = make_system(cast)
    assert told(transitions.options_system(cast.actor("dev"), system))["data_sourcing"] == (True, True, False)
    for kind in staging.DOCUMENTS:
        make_document(cast, system, kind)
    assert told(transitions.options_system(cast.actor("dev"), system))["data_sourcing"] == (True, True, True)


def test_entering_production_sets_the_day_of_the_review_by_the_same_facts(cast: Cast) -> None:
    watching.publish(cast, watching.text())
    version = watching.in_production(cast, watching.ready(cast))
    decision = Decision.objects.get(transition="compliance→production")
    row = ReviewDue.objects.get()
    assert (row.model_version, row.since, decision.asked_by) == (version, decision.decided_at, cast.dev)
    assert row.due_at is not None
    due = {"scheduled": str(version), "due_at": row.due_at.isoformat(timespec="seconds")}
    assert logged("review.scheduled") == [entry(version, "Dev", **due)]


def test_the_step_uses_up_its_request_and_says_by_whom(cast: Cast, printer: None) -> None:
    version = staging.allowed(cast)
    move(cast, version, "production")
    decision, used = Decision.objects.get(transition="compliance→production"), ApprovalRequest.objects.get()
    assert (used.state, used.closed_at) == (RequestState.USED, decision.decided_at)
    on = {"kind": "approvalrequest", "id": str(used.pk)}
    assert logged("approval.used") == [{**entry(version, "Dev", request_id=str(used.pk)), "on": on}]


def test_the_rows_of_a_step_are_taken_before_the_log(cast: Cast) -> None:
    """Everyone locks rows first and the log last, so that no two wait for each other."""
    version = staging.at_compliance(cast)
    with CaptureQueriesContext(connection) as asked, pytest.raises(GateRefused):
        move(cast, version, "production")
    sentences = [query["sql"] for query in asked]
    first = {
        table: next(n for n, sql in enumerate(sentences) if f'FROM "{table}"' in sql)
        for table in ("governance_approvalrequest", "governance_reviewdue", "registry_ledgerhead")
    }
    assert sorted(first.values()) == list(first.values())
    requests, review, _ = (sentences[n] for n in first.values())
    assert version.pk.hex in requests
    assert "production" in requests
    assert version.pk.hex in review


def test_a_step_has_the_log_signed_soon(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    version, sent = staging.at_validation(cast), []
    monkeypatch.setattr(queue, "enqueue", lambda task, **ids: sent.append((task, ids)))
    move(cast, version, "rejected", "vera", reason="Unsound.")
    assert sent == [(queue.ISSUE_CHECKPOINT, {"organisation_id": str(cast.acme.pk)})]
