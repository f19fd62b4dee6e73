"""Reads of decisions. Every one starts from `.visible_to(actor)`: what is not yours does not exist."""

from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from governance.models import ApprovalRequest, Decision, Policy
from registry.access import check
from registry.actors import Actor
from registry.ledger.models import LedgerEntry
from registry.ledger.record import DatabaseClock
from registry.models import ModelVersion, Organisation

# Events that change no fact a decision is made from; anything else about the system, or about the whole
# organisation, makes a stored decision old. Keep it short: to forget an event here only costs time.
HARMLESS = (
    "decision.made",
    "transition.refused",
    "approval.refused",
    "artifact.stored",
    "token.issued",
    "token.revoked",
    "policy.drafted",
)


def asked_about(
    actor: Actor, *, artifact_digest: str, environment: str, system: str = "", version_id: Any = None
) -> QuerySet[ModelVersion]:
    """The versions with these bytes that exist for the actor, each with what the gate's door needs to know.

    `may_ask`, the database's `now`, and `stored`: its newest decision for the environment, with `old` when a fact
    has changed since.
    """
    path, system_path = ModelVersion.organisation_path, ModelVersion.system_path
    allowed = check.condition(actor, "ask_gate", organisation=path, system=system_path)
    rows = (
        ModelVersion.objects.visible_to(actor)
        .filter(artifact__digest=artifact_digest)
        .select_related("artifact", "model__system")
        .annotate(
            may_ask=ExpressionWrapper(allowed, output_field=BooleanField()),
            now=DatabaseClock(),
            stored=Subquery(_newest(environment)),
        )
        .order_by("pk")
    )
    rows = rows.filter(model__system__slug=system) if system else rows
    return rows.filter(pk=version_id) if version_id else rows


def _newest(environment: str) -> QuerySet[Decision, Any]:
    entries = LedgerEntry.objects.filter(
        Q(system_id=OuterRef("system_id")) | Q(system_id=None),
        organisation_id=OuterRef("system__organisation_id"),
        index__gte=OuterRef("log_size"),
    ).exclude(event__in=HARMLESS)
    rows = Decision.objects.filter(model_version=OuterRef("pk"), environment=environment)
    packed = JSONObject(
        id="pk", outcome="outcome", decided_at="decided_at", expires_at="expires_at", old=Exists(entries)
    )
    return rows.order_by("-decided_at").values(packed=packed)[:1]


def policies(actor: Actor, organisation: Organisation) -> QuerySet[Policy]:
    """The policies of an organisation."""
    return Policy.objects.visible_to(actor).filter(organisation=organisation)


def approval_requests(actor: Actor) -> QuerySet[ApprovalRequest]:
    """Approval requests that exist for the actor, with their votes."""
    rows = ApprovalRequest.objects.visible_to(actor).select_related(
        "model_version__model__system", "requested_by"
    )
    return rows.prefetch_related("votes__voter")
