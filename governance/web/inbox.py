"""Which open requests wait for whom, for lists: a fixed number of queries, however many requests there are.

It knows roles, votes, authors and the policy's seats. The last word — a change since, lineage in all its forms — is
said on the request's own page, by the function that guards the vote.
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Prefetch

from governance.gates.policy import Policy as Rules
from governance.gates.policy import parse
from governance.gates.requirements.approvals import Approvals
from governance.gates.spec import Step
from governance.lifecycle import MODEL_VERSION
from governance.models import ApprovalRequest, Policy, PolicyState, RequestState, Vote
from registry.actors import Actor
from registry.errors import Invalid
from registry.models import RoleGrant
from registry.stages import Role

LIMIT = 200


@dataclass(frozen=True)
class InboxLine:
    """An open request, and what it has to do with the reader."""

    request: ApprovalRequest
    roles: tuple[str, ...]
    why_not: str


def lines(actor: Actor) -> list[InboxLine]:
    """Every open request the actor can see, newest first; 4 queries."""
    rows = ApprovalRequest.objects.visible_to(actor).filter(state=RequestState.OPEN)
    rows = rows.select_related("model_version__model__system", "requested_by")
    found = list(rows.prefetch_related(Prefetch("votes", Vote.objects.only("request", "voter")))[:LIMIT])
    held, seats = _held(actor), _policies(found)
    return [_line(actor, request, held, seats) for request in found]


def _line(
    actor: Actor, request: ApprovalRequest, held: "Held", seats: Mapping[tuple[uuid.UUID, str], str]
) -> InboxLine:
    system = request.model_version.model.system
    wanted = _wanted(seats.get((system.organisation_id, system.risk_tier), ""), request)
    able = [role for role in wanted if held.on(system.organisation_id, system.pk, role)]
    if any(vote.voter_id == actor.user.pk for vote in request.votes.all()):
        return InboxLine(request, (), "You have voted on it.")
    if actor.user.pk in {request.requested_by_id, request.model_version.created_by_id}:
        return InboxLine(request, (), "It is your own work or question; someone independent votes.")
    if not able:
        return InboxLine(
            request, (), f"It asks for: {', '.join(role.label.lower() for role in wanted) or 'nobody'}."
        )
    return InboxLine(request, tuple(role.label for role in able), "")


@dataclass(frozen=True)
class Held:
    """The roles of one person, by organisation and by system."""

    rows: frozenset[tuple[uuid.UUID, uuid.UUID | None, str]]

    def on(self, organisation_id: uuid.UUID, system_id: uuid.UUID, role: Role) -> bool:
        """Whether they hold a role on a system, by itself or through its organisation."""
        return bool({(organisation_id, None, str(role)), (organisation_id, system_id, str(role))} & self.rows)


def _held(actor: Actor) -> Held:
    rows = RoleGrant.objects.filter(membership__user_id=actor.user.pk)
    return Held(frozenset(rows.values_list("membership__organisation_id", "system_id", "role")))


def _policies(requests: Iterable[ApprovalRequest]) -> dict[tuple[uuid.UUID, str], str]:
    organisations = {request.model_version.model.system.organisation_id for request in requests}
    rows = Policy.objects.filter(organisation_id__in=organisations, state=PolicyState.PUBLISHED)
    return {(row.organisation_id, row.tier): row.body for row in rows}


def _wanted(body: str, request: ApprovalRequest) -> list[Role]:
    rules = _rules(body)
    from_stage, _, to_stage = str(json.loads(request.subject).get("step", "")).partition("→")
    step = Step(MODEL_VERSION, from_stage, to_stage)
    section = rules.section(step.subject, step.from_stage, step.to_stage) if rules else None
    demands = [demand for demand in section.requirements if isinstance(demand, Approvals)] if section else []
    return [Role(role) for demand in demands for role, _ in demand.seats]


@lru_cache(maxsize=64)
def _rules(body: str) -> Rules | None:
    """A policy read once: its text never changes."""
    try:
        return parse(body) if body else None
    except Invalid:
        return None
