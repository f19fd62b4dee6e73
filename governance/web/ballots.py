"""What the reader of an approval request may do with it: the roles to vote in, or the reason why not."""

from collections.abc import Sequence
from dataclasses import dataclass

from governance.dossier import Gathered, gather_version
from governance.gates import codec, lineage, subject
from governance.gates.policy import parse
from governance.gates.requirements.approvals import Approvals
from governance.gates.spec import Dossier, Step, Subject
from governance.lifecycle import MODEL_VERSION
from governance.models import ApprovalRequest, RequestState
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.stages import Role


@dataclass(frozen=True)
class Ballot:
    """The roles somebody may vote in now; empty with the reason."""

    roles: tuple[Role, ...] = ()
    why_not: str = ""


def asked(request: ApprovalRequest) -> Subject:
    """What the request asks about, as it was put."""
    return codec.read(Subject, request.subject)


def facts_now(request: ApprovalRequest) -> Gathered:
    """The facts as they are, asked about the step of the request."""
    from_stage, _, to_stage = asked(request).step.partition("→")
    return gather_version(request.model_version).about(Step(MODEL_VERSION, from_stage, to_stage))


def ballot(actor: Actor, request: ApprovalRequest) -> Ballot:
    """What the vote service would answer this person, in the order in which it asks."""
    if "vote" not in check.held(actor, request):
        return Ballot(why_not="Your roles here do not vote.")
    if actor.kind != "person":
        return Ballot(why_not="Votes are cast by people.")
    if request.state != RequestState.OPEN:
        return Ballot(why_not=f"This request is {request.get_state_display().lower()}.")
    if any(vote.voter_id == actor.user.pk for vote in request.votes.all()):
        return Ballot(why_not="You have voted on it already.")
    gathered = facts_now(request)
    now = subject.subject_of(gathered.dossier)
    if now != asked(request):
        changed = subject.changed_words(asked(request), now)
        return Ballot(why_not=f"Since it was asked, {changed} changed; it has to be asked again.")
    return _by_policy(actor, request, gathered.dossier, gathered.policy_body)


def _by_policy(actor: Actor, request: ApprovalRequest, dossier: Dossier, body: str) -> Ballot:
    demands = _demands(body, dossier.step)
    done = lineage.excluded(dossier, tuple(name for demand in demands for name in demand.exclude)).get(
        actor.id
    )
    if done:
        return Ballot(why_not=f"You {done}; someone independent has to vote.")
    held = facts.roles_of(actor.user.pk, request.model_version.model.system)
    wanted = [Role(role) for demand in demands for role, _ in demand.seats]
    able = tuple(dict.fromkeys(role for role in wanted if role in held))
    if not able:
        needed = ", ".join(role.label.lower() for role in dict.fromkeys(wanted))
        return Ballot(why_not=f"It asks for the vote of: {needed}. You hold none of these here.")
    return Ballot(able)


def _demands(body: str, step: Step | None) -> Sequence[Approvals]:
    section = parse(body).section(step.subject, step.from_stage, step.to_stage) if body and step else None
    return [demand for demand in section.requirements if isinstance(demand, Approvals)] if section else []
