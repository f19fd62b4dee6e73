"""What an approval request is about: the step, the facts as they are now, and what the policy asks of people."""

from django.utils import timezone

from governance import lifecycle
from governance.dossier import Gathered, gather_version
from governance.gates.policy import parse
from governance.gates.requirements.approvals import Approvals
from governance.gates.spec import Step
from governance.models import ApprovalRequest, RequestState
from registry.actors import Actor
from registry.errors import Conflict, TransitionNotAllowed
from registry.ledger import record
from registry.models import ModelVersion


def step_to(version: ModelVersion, to: str) -> Step:
    """The gated step to a stage: the one from where the version stands, else the one it will come by."""
    subject = lifecycle.MODEL_VERSION
    here = lifecycle.find(subject, version.stage, to)
    leading = [row for row in lifecycle.TRANSITIONS if row.subject == subject and row.to_stage == to]
    row = next((row for row in (here, *leading) if row is not None and row.gate is not None), None)
    if row is None:
        raise TransitionNotAllowed(f"No gate leads to “{to}”, so there is nothing to approve.")
    return Step(row.subject, str(row.from_stage), str(row.to_stage))


def facts_of(request: ApprovalRequest) -> Gathered:
    """The facts as they are now, about the step that the request asks for."""
    return gather_version(request.model_version).about(step_to(request.model_version, request.to_stage))


def demands(gathered: Gathered) -> tuple[Approvals, ...]:
    """The approvals the policy asks for at the dossier's step."""
    step, body = gathered.dossier.step, gathered.policy_body
    section = parse(body).section(step.subject, step.from_stage, step.to_stage) if body and step else None
    found = (
        tuple(demand for demand in section.requirements if isinstance(demand, Approvals)) if section else ()
    )
    if not found:
        raise Conflict("The policy asks for no approval at this step.", code="approval.not_asked_for")
    return found


def close(request: ApprovalRequest, state: RequestState) -> None:
    """No more votes on it."""
    request.state, request.closed_at = state, timezone.now()
    request.save(update_fields=["state", "closed_at"])


def record_about(code: str, actor: Actor, request: ApprovalRequest, **payload: object) -> None:
    """Record an event about a request, in the running transaction."""
    system = request.model_version.model.system
    record.event(
        code,
        organisation_id=system.organisation_id,
        system_id=system.pk,
        subject=request,
        actor=actor,
        request_id=str(request.pk),
        **payload,
    )
