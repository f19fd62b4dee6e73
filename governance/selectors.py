"""Reads of decisions. Every one starts from `.visible_to(actor)`: what is not yours does not exist."""

from datetime import datetime
from typing import Any

from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    Max,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import JSONObject

from audits.models import Deviation
from governance.models import (
    ApprovalRequest,
    BreakGlass,
    Classification,
    Condition,
    Decision,
    Delegation,
    DeviationVote,
    GateVerdict,
    Issue,
    Policy,
    PolicyState,
    RequestState,
    Vote,
    VoteVerdict,
    Waiver,
)
from registry import selectors as facts
from registry.actors import Actor
from registry.ledger.models import LedgerEntry, LedgerHead
from registry.models import Organisation, System

# Events that change no fact a decision is made from; anything else about the system, or about the whole
# organisation, makes a stored decision old. Keep it short: to forget an event here only costs time.
HARMLESS = (
    "decision.made",
    "transition.refused",
    "approval.refused",
    "comparison.refused",
    "deviation.vote_refused",
    "reproduction.refused",
    "approval.vote_refused",
    "artifact.stored",
    "access.denied",
    "workload_identity.created",
    "workload_identity.used",
    "workload_identity.ended",
    "token.issued",
    "token.revoked",
    "policy.drafted",
    "classification.refused",
    "obligation.refused",
    "policy.publication_refused",
    "waiver.requested",
    "waiver.refused",
    "waiver.excluded",
    "break_glass.requested",
    "break_glass.withdrawn",
    "break_glass.excluded",
    "issue.excluded",
    "backtest.requested",
    "backtest.finished",
    "backtest.failed",
    "staffing.gap_reported",
    "staffing.gap_cleared",
    "log.key_replaced",
    "reads.bound",
    "account.signed_in",
    "account.sign_in_failed",
    "account.factor_added",
    "account.factor_removed",
    "account.password_changed",
    "account.identity_linked",
    "account.identity_unlinked",
    "person.erased",  # that they lost roles and rights is told by entries of its own
)


def newest_decision(environment: str) -> QuerySet[Decision, Any]:
    """The newest decision about the outer model version for an environment, packed as JSON.

    `old` says that a fact has changed since.
    """
    rows = Decision.objects.filter(model_version=OuterRef("pk"), environment=environment)
    packed = JSONObject(
        id="pk",
        dossier_digest="dossier_digest",
        outcome="outcome",
        decided_at="decided_at",
        expires_at="expires_at",
        old=ExpressionWrapper(Exists(_facts_since()) | Exists(_shorter_log()), BooleanField()),
    )
    return rows.order_by("-decided_at").values(packed=packed)[:1]


def open_allows(now: datetime) -> QuerySet[Any, Any]:
    """Every allow at a door that has not expired, of all organisations, door by door and newest first.

    `newest_fact` says when the newest fact since was recorded; none, and the decision holds.
    """
    newest = _facts_since().order_by("-index").values("recorded_at")[:1]
    rows = Decision.objects.filter(
        expires_at__gt=now, verdict__in=(GateVerdict.ALLOW, GateVerdict.ALLOW_WITH_WAIVER)
    ).exclude(environment="")
    told = rows.select_related("model_version").defer("dossier", "outcome", "policy_body")
    return told.annotate(newest_fact=Subquery(newest)).order_by("model_version", "environment", "-decided_at")


def _shorter_log() -> QuerySet[LedgerHead]:
    """The log where it is shorter than when the outer decision was made: it was cut, and nobody knows of what."""
    organisation = OuterRef("system__organisation_id")
    return LedgerHead.objects.filter(organisation_id=organisation, size__lt=OuterRef("log_size"))


def _facts_since() -> QuerySet[LedgerEntry]:
    """The entries that make the outer decision old."""
    return LedgerEntry.objects.filter(
        Q(system_id=OuterRef("system_id")) | Q(system_id=None),
        organisation_id=OuterRef("system__organisation_id"),
        index__gte=OuterRef("log_size"),
    ).exclude(event__in=HARMLESS)


def classifications(system: System) -> QuerySet[Classification]:
    """The classifications of a system that the caller has already found, newest first."""
    rows = Classification.objects.filter(system=system).select_related("answered_by", "decided_by")
    return rows.order_by("-number")


def policies(actor: Actor, organisation: Organisation) -> QuerySet[Policy]:
    """The policies of an organisation."""
    return Policy.objects.visible_to(actor).filter(organisation=organisation)


def policy_before(policy: Policy) -> Policy | None:
    """What a policy is compared with: for a draft the one in force, else the newest one put into force before it."""
    rows = Policy.objects.filter(organisation_id=policy.organisation_id, tier=policy.tier)
    if policy.published_at is None:
        return rows.filter(state=PolicyState.PUBLISHED).first()
    return rows.filter(published_at__lt=policy.published_at).order_by("-published_at").first()


def approval_requests(actor: Actor) -> QuerySet[ApprovalRequest]:
    """Approval requests that exist for the actor, with their votes."""
    rows = ApprovalRequest.objects.visible_to(actor).select_related(
        "system", "model_version__model", "requested_by"
    )
    votes = Vote.objects.select_related("voter", "delegation__delegator", "request").prefetch_related(
        "conditions__owner", "conditions__met_by"
    )
    return rows.prefetch_related(Prefetch("votes", votes))


def asked_changes(request: ApprovalRequest) -> list[Vote]:
    """The words that sent earlier requests about this step back, since the step was last taken; oldest first."""
    same = {"system_id": request.system_id, "model_version_id": request.model_version_id}
    earlier = ApprovalRequest.objects.filter(
        to_stage=request.to_stage, requested_at__lt=request.requested_at, **same
    )
    used = earlier.filter(state=RequestState.USED).aggregate(at=Max("requested_at"))["at"]
    rows = Vote.objects.filter(
        request__in=earlier.filter(requested_at__gt=used) if used else earlier,
        verdict=VoteVerdict.REQUEST_CHANGES,
        withdrawn_at=None,
    )
    return list(rows.select_related("voter", "delegation__delegator").prefetch_related("conditions"))


def lapsed_conditions(now: datetime) -> QuerySet[Condition]:
    """Conditions whose time is over and that nobody confirmed, of steps that were taken: what then has to stop."""
    rows = Condition.objects.filter(met_at=None, due_at__lte=now, vote__withdrawn_at=None)
    return rows.filter(vote__request__state=RequestState.USED).select_related(
        "vote__request__system", "vote__request__model_version__model__system", "owner"
    )


def open_conditions(actor: Actor) -> QuerySet[Condition]:
    """Conditions that exist for the actor and are not met, the next due first."""
    rows = Condition.objects.visible_to(actor).filter(met_at=None, vote__withdrawn_at=None)
    return rows.exclude(vote__request__state=RequestState.WITHDRAWN).select_related(
        "vote__request__system", "vote__request__model_version__model", "vote__voter", "owner"
    )


def delegations(actor: Actor) -> QuerySet[Delegation]:
    """Delegations that exist for the actor, newest first."""
    rows = Delegation.objects.visible_to(actor)
    return rows.select_related("delegator", "delegate", "system", "organisation")


def waivers(actor: Actor) -> QuerySet[Waiver]:
    """Waivers that exist for the actor."""
    rows = Waiver.objects.visible_to(actor).select_related(
        "model_version__model__system", "requested_by", "approved_by", "closed_by"
    )
    return rows.order_by("-requested_at", "pk")


def emergencies(actor: Actor) -> QuerySet[BreakGlass]:
    """Emergency releases that exist for the actor."""
    rows = BreakGlass.objects.visible_to(actor).select_related(
        "model_version__model__system", "requested_by", "confirmed_by", "reviewed_by", "incident"
    )
    return rows.order_by("-requested_at", "pk")


def issues(actor: Actor) -> QuerySet[Issue]:
    """Findings and incidents that exist for the actor."""
    rows = Issue.objects.visible_to(actor).select_related(
        "system", "model_version__model", "raised_by", "owner", "closed_by"
    )
    return rows.order_by("-raised_at", "pk")


def deviation_of(actor: Actor, deviation_id: Any) -> Deviation:
    """A loosened plan with both plans and what was said about it."""
    votes = Prefetch("votes", DeviationVote.objects.select_related("voter"))
    rows = Deviation.objects.select_related(
        "old_plan__sealed_by",
        "old_plan__dataset_version__dataset",
        "new_plan__sealed_by",
        "new_plan__dataset_version__dataset",
        "new_plan__model_version__model__system",
        "opened_by",
    ).prefetch_related(votes)
    return facts.get(rows, actor, pk=deviation_id)
