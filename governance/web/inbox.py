"""What waits for whom, for lists: a fixed number of queries, however many requests there are.

It knows roles, lent roles, votes, authors and the policy's seats. The last word — a change since, whose turn it is,
lineage in all its forms — is said on the request's own page, by the function that guards the vote.
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from governance import selectors
from governance.gates.policy import Policy as Rules
from governance.gates.policy import parse
from governance.gates.requirements.approvals import Approvals
from governance.lifecycle import MODEL_VERSION, SYSTEM
from governance.models import ApprovalRequest, Condition, Delegation, Policy, PolicyState, RequestState, Vote
from governance.services import questions
from registry.actors import Actor
from registry.errors import Invalid
from registry.models import RoleGrant
from registry.stages import Role, VersionStage

LIMIT = 200
SENT_BACK = (RequestState.REJECTED, RequestState.CHANGES, RequestState.EXPIRED)
OVER = (VersionStage.REJECTED, VersionStage.RETIRED, VersionStage.SUPERSEDED)


@dataclass(frozen=True)
class InboxLine:
    """An open request, and what it has to do with the reader. `expired` is why it takes no votes any more."""

    request: ApprovalRequest
    roles: tuple[str, ...]
    why_not: str
    expired: bool = False


@dataclass(frozen=True)
class FixLine:
    """A request of one's own that came back, and what was said."""

    request: ApprovalRequest
    state: str
    said: tuple[Vote, ...]


def lines(actor: Actor) -> list[InboxLine]:
    """Every open request the actor can see, newest first; 5 queries."""
    rows = ApprovalRequest.objects.visible_to(actor).filter(state=RequestState.OPEN)
    found = list(_with_all(rows)[:LIMIT])
    held, policies = _held(actor), _policies(found)
    return [_line(actor, request, held, policies) for request in found]


def to_fix(actor: Actor, open_lines: Iterable[InboxLine]) -> list[FixLine]:
    """What came back to whoever asked or owns the system, and what expired; 2 queries."""
    rows = ApprovalRequest.objects.visible_to(actor).filter(
        Q(requested_by=actor.user) | Q(system__owner=actor.user), _last_asked(), state__in=SENT_BACK
    )
    rows = rows.exclude(model_version__stage__in=OVER)
    expired = [line.request for line in open_lines if line.expired and _of(actor, line.request)]
    back = [*expired, *_with_all(rows)[:LIMIT]]
    return [
        FixLine(
            request,
            "Expired" if request.state == RequestState.OPEN else request.get_state_display(),
            tuple(v for v in request.votes.all() if v.verdict != "approve" and v.withdrawn_at is None),
        )
        for request in back
    ]


def conditions(actor: Actor) -> list[Condition]:
    """Open conditions the actor owns or has set; 1 query."""
    rows = selectors.open_conditions(actor).filter(Q(owner=actor.user) | Q(vote__voter=actor.user))
    return list(rows[:LIMIT])


def _with_all(rows: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest]:
    votes = Vote.objects.select_related("voter").only(
        "request", "voter", "verdict", "comment", "role", "withdrawn_at"
    )
    rows = rows.select_related("system", "model_version__model", "requested_by")
    return rows.prefetch_related(Prefetch("votes", votes)).order_by("-requested_at", "pk")


def _last_asked() -> Q:
    """Nobody has asked again about the same step."""
    later = ApprovalRequest.objects.filter(
        to_stage=OuterRef("to_stage"), requested_at__gt=OuterRef("requested_at")
    )
    of_version = later.filter(model_version=OuterRef("model_version"))
    of_system = later.filter(model_version=None, system=OuterRef("system"))
    return Q(~Exists(of_version), model_version__isnull=False) | Q(~Exists(of_system), model_version=None)


def _of(actor: Actor, request: ApprovalRequest) -> bool:
    return bool(actor.user and actor.user.pk in {request.requested_by_id, request.system.owner_id})


def _line(
    actor: Actor, request: ApprovalRequest, held: "Held", policies: Mapping[tuple[uuid.UUID, str], str]
) -> InboxLine:
    system, version = request.system, request.model_version
    demands = _demands(policies.get((system.organisation_id, system.risk_tier), ""), request)
    wanted = list(dict.fromkeys(Role(seat.role) for demand in demands for seat in demand.seats))
    able = [role for role in wanted if held.on(system.organisation_id, system.pk, role)]
    if questions.expired(request, tuple(demands), timezone.now()):
        return InboxLine(request, (), "It has expired; it is asked again or not at all.", expired=True)
    if any(vote.voter_id == actor.user.pk and vote.withdrawn_at is None for vote in request.votes.all()):
        return InboxLine(request, (), "You have voted on it.")
    if actor.user.pk in {request.requested_by_id, version.created_by_id if version else None}:
        return InboxLine(request, (), "It is your own work or question; someone independent votes.")
    if not able:
        needed = ", ".join(role.label.lower() for role in wanted)
        return InboxLine(
            request, (), f"It waits for: {needed or 'nobody, the policy asks for no votes any more'}."
        )
    return InboxLine(request, tuple(role.label for role in able), "")


@dataclass(frozen=True)
class Held:
    """The roles of one person, their own and those lent to them, by organisation and by system."""

    rows: frozenset[tuple[uuid.UUID, uuid.UUID | None, str]]

    def on(self, organisation_id: uuid.UUID, system_id: uuid.UUID, role: Role) -> bool:
        """Whether they hold a role on a system, by itself or through its organisation."""
        return bool({(organisation_id, None, str(role)), (organisation_id, system_id, str(role))} & self.rows)


def _held(actor: Actor) -> Held:
    own = RoleGrant.objects.filter(membership__user_id=actor.user.pk)
    now: datetime = timezone.now()
    lent = Delegation.objects.filter(
        delegate=actor.user, revoked_at=None, starts_at__lte=now, ends_at__gt=now
    )
    return Held(
        frozenset(own.values_list("membership__organisation_id", "system_id", "role"))
        | frozenset(lent.values_list("organisation_id", "system_id", "role"))
    )


def _policies(requests: Iterable[ApprovalRequest]) -> dict[tuple[uuid.UUID, str], str]:
    organisations = {request.system.organisation_id for request in requests}
    rows = Policy.objects.filter(organisation_id__in=organisations, state=PolicyState.PUBLISHED)
    return {(row.organisation_id, row.tier): row.body for row in rows}


def _demands(body: str, request: ApprovalRequest) -> list[Approvals]:
    rules = _rules(body)
    from_stage, _, to_stage = str(json.loads(request.subject).get("step", "")).partition("→")
    subject = MODEL_VERSION if request.model_version_id else SYSTEM
    section = rules.section(subject, from_stage, to_stage) if rules else None
    return [demand for demand in section.requirements if isinstance(demand, Approvals)] if section else []


@lru_cache(maxsize=64)
def _rules(body: str) -> Rules | None:
    """A policy read once: its text never changes."""
    try:
        return parse(body) if body else None
    except Invalid:
        return None
