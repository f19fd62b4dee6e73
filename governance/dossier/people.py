"""Branches of the statement about people: what was asked, what was said, and who may say something."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from governance.dossier import dates
from governance.dossier.columns import branch, person_text, truth
from governance.gates.requirements.approvals import VOTING_ROLES
from governance.models import ApprovalRequest, Condition, Delegation, Vote
from registry.models import ModelVersion, RoleGrant, System


def asked_and_said(system: System, which: Q) -> Iterator[QuerySet[Any, Any]]:
    """What was asked and said about the subject, and who may say something."""
    requests = ApprovalRequest.objects.filter(which)
    yield _requests(requests)
    yield _votes(requests, system)
    yield dates.voted(requests, system)
    yield _conditions(requests)
    yield _holders(system)
    yield _delegates(system)


def committers(version: ModelVersion) -> QuerySet[Any, Any]:
    """Who wrote the code of a version."""
    rows = ModelVersion.committers.through.objects.filter(modelversion_id=version.pk)
    return branch(rows, "committer", person_text("user"))


def _requests(rows: QuerySet[ApprovalRequest]) -> QuerySet[Any, Any]:
    return branch(
        rows,
        "request",
        "pk",
        "state",
        "subject",
        "subject_digest",
        person_text("requested_by"),
        "requested_at",
    )


def _votes(requests: QuerySet[ApprovalRequest], system: System) -> QuerySet[Any, Any]:
    """Votes; one is entitled while the voter is there, and whoever's role it is holds it and has not taken it back."""
    there = grants(system).filter(membership__user_id=OuterRef("voter_id"))
    lent = grants(system).filter(membership__user_id=OuterRef("delegation__delegator_id"))
    own = Q(Exists(there.filter(role=OuterRef("role"))), delegation=None)
    for_another = Q(
        Exists(there), Exists(lent.filter(role=OuterRef("role"))), delegation__revoked_at=None
    ) & ~Q(delegation=None)
    return branch(
        Vote.objects.filter(request__in=requests),
        "vote",
        "request_id",
        "request__to_stage",
        person_text("voter"),
        "role",
        "verdict",
        "subject_digest",
        "voted_at",
        truth(own | for_another),
        person_text("delegation__delegator"),
        truth(Q(withdrawn_at__isnull=False)),
    )


def _conditions(requests: QuerySet[ApprovalRequest]) -> QuerySet[Any, Any]:
    return branch(
        Condition.objects.filter(vote__request__in=requests, vote__withdrawn_at=None),
        "condition",
        "pk",
        "vote__request_id",
        person_text("vote__voter"),
        "vote__role",
        person_text("owner"),
        "due_at",
        "met_at",
    )


def _holders(system: System) -> QuerySet[Any, Any]:
    rows = grants(system).filter(role__in=VOTING_ROLES)
    return branch(rows, "holder", person_text("membership__user"), "role")


def _delegates(system: System) -> QuerySet[Any, Any]:
    rows = Delegation.objects.filter(
        Q(system=system) | Q(system=None), organisation_id=system.organisation_id, revoked_at=None
    )
    return branch(rows, "delegate", person_text("delegate"), "role", person_text("delegator"), "ends_at")


def grants(system: System) -> QuerySet[RoleGrant]:
    """Roles of active people on a system, by itself or through its organisation. Machines do not vote."""
    return RoleGrant.objects.filter(
        Q(system=system) | Q(system=None),
        membership__organisation_id=system.organisation_id,
        membership__user__is_active=True,
        membership__user__is_service=False,
    )
