"""What an approval request is about: the step, the facts as they are now, and what the policy asks of people."""

from datetime import datetime
from typing import Any

from governance import lifecycle
from governance.dossier import Gathered, gather_system, gather_version
from governance.gates import votes
from governance.gates.policy import parse
from governance.gates.requirements.approvals import Approvals
from governance.gates.spec import Step
from governance.models import ApprovalRequest, RequestState, VoteVerdict
from registry.access.check import ScopedQuerySet
from registry.actors import Actor
from registry.errors import Conflict, TransitionNotAllowed
from registry.ledger import record
from registry.models import ModelVersion, System


def system_of(about: ModelVersion | System) -> System:
    """The system of a model version, or the system itself."""
    return about if isinstance(about, System) else about.model.system


def gather(about: ModelVersion | System) -> Gathered:
    """Every fact about a model version or a system."""
    return gather_system(about) if isinstance(about, System) else gather_version(about)


def step_to(about: ModelVersion | System, to: str) -> Step:
    """The gated step to a stage: the one from where the subject stands, else the one it will come by."""
    subject = lifecycle.SYSTEM if isinstance(about, System) else lifecycle.MODEL_VERSION
    here = lifecycle.find(subject, about.stage, to)
    leading = [row for row in lifecycle.TRANSITIONS if row.subject == subject and row.to_stage == to]
    row = next((row for row in (here, *leading) if row is not None and row.gate is not None), None)
    if row is None:
        raise TransitionNotAllowed(f"No gate leads to “{to}”, so there is nothing to approve.")
    return Step(row.subject, str(row.from_stage), str(row.to_stage))


def facts_of(request: ApprovalRequest) -> Gathered:
    """The facts as they are now, about the step that the request asks for."""
    return gather(request.about).about(step_to(request.about, request.to_stage))


def of_step(about: ModelVersion | System, to: str) -> ScopedQuerySet[ApprovalRequest]:
    """Every request about a step to a stage."""
    if isinstance(about, System):
        return ApprovalRequest.objects.filter(system=about, model_version=None, to_stage=to)
    return ApprovalRequest.objects.filter(model_version=about, to_stage=to)


def demands(gathered: Gathered) -> tuple[Approvals, ...]:
    """The approvals the policy asks for at the dossier's step."""
    found = asked_by(gathered.policy_body, gathered.dossier.step)
    if not found:
        raise Conflict("The policy asks for no approval at this step.", code="approval.not_asked_for")
    return found


def asked_by(body: str, step: Step | None) -> tuple[Approvals, ...]:
    """The approvals that a policy asks for at a step."""
    section = parse(body).section(step.subject, step.from_stage, step.to_stage) if body and step else None
    requirements = section.requirements if section else ()
    return tuple(demand for demand in requirements if isinstance(demand, Approvals))


def expired(request: ApprovalRequest, asked: tuple[Approvals, ...], now: datetime) -> bool:
    """Whether the request has been open for longer than the policy lets it."""
    days = min((demand.request_days for demand in asked if demand.request_days), default=None)
    return request.state == RequestState.OPEN and votes.expired(request.requested_at, days, now)


def use_up(actor: Actor, about: ModelVersion | System, to: str, gathered: Gathered) -> None:
    """The step is taken: the newest question, and every earlier one whose approval still stood, has done its work."""
    dossier = gathered.dossier
    words = [
        w for d in asked_by(gathered.policy_body, dossier.step) for w in votes.standing(dossier, d.seats)
    ]
    stood = {word.request for word in words if word.verdict == VoteVerdict.APPROVE}
    rows = of_step(about, to).exclude(state=RequestState.WITHDRAWN).order_by("-requested_at", "pk")
    for number, row in enumerate(rows):
        if (number == 0 or str(row.pk) in stood) and row.state != RequestState.USED:
            close(row, RequestState.USED, dossier.now)
            record_about("approval.used", actor, row)


def close(request: ApprovalRequest, state: RequestState, now: datetime) -> None:
    """No more votes on it."""
    request.state, request.closed_at = state, now
    request.save(update_fields=["state", "closed_at"])


def record_about(code: str, actor: Actor, request: ApprovalRequest, **payload: Any) -> None:
    """Record an event about a request, in the running transaction."""
    record.event(
        code,
        organisation_id=request.system.organisation_id,
        system_id=request.system_id,
        subject=request,
        actor=actor,
        request_id=str(request.pk),
        **payload,
    )
