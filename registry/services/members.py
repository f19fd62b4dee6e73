"""Members: who leaves, who comes back, which accounts are one person's. Nobody is deleted; what they did is theirs."""

from typing import Any

from django.db.models import Q
from django.utils import timezone

from registry import queue
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid
from registry.ledger import record
from registry.models import Membership, Organisation, RoleGrant, User, WorkloadIdentity
from registry.services import identities, people, tokens

MAX_REASON = 2000


def deactivate(*, actor: Actor, membership: Membership, reason: str = "") -> Membership:
    """End a membership: every role and every token is gone from the next request on, on every account of the person.

    The service accounts they answer for end with them; whoever takes over makes new ones.
    """
    if len(reason) > MAX_REASON:
        raise Invalid(f"A reason has at most {MAX_REASON} characters.", errors=[("reason", "too long")])
    with record.transaction():
        organisation = people.locked(membership.organisation_id)
        check.require(actor, "manage_people", organisation)
        # As it is once it is this one's turn: their accounts may have been linked meanwhile.
        membership = Membership.objects.select_related("user__responsible").get(pk=membership.pk)
        if actor.person_id == membership.user.person_id:
            raise Denied(
                "You cannot end your own membership; another owner can.",
                code="people.own_membership",
                by=actor,
                on=organisation,
            )
        if membership.ended_at is not None:
            raise Conflict("They are a former member already.", code="member.former")
        _end(actor, organisation, _first_account(membership.user), reason)
    membership.refresh_from_db()
    return membership


def reactivate(*, actor: Actor, membership: Membership) -> Membership:
    """Make a former member a member again; no role and no token comes back with them."""
    with record.transaction():
        organisation = people.locked(membership.organisation_id)
        check.require(actor, "manage_people", organisation)
        if not Membership.objects.filter(pk=membership.pk, ended_at__isnull=False).update(ended_at=None):
            raise Conflict("They are a member already.", code="member.present")
        record.event(
            "member.reactivated",
            organisation_id=organisation.pk,
            subject=membership,
            actor=actor,
            user_id=str(membership.user_id),
            user=membership.user.display_name,
        )
    membership.refresh_from_db()
    return membership


def deactivate_account(*, actor: Actor, user: User) -> None:
    """Close an account everywhere. Called by the operator's command line, and when a person is erased."""
    with record.transaction():
        for organisation in _organisations(user):
            _end(actor, organisation, user, "")
            _record_account("account.deactivated", actor, organisation, user)
        User.objects.filter(Q(pk=user.pk) | Q(responsible=user)).update(is_active=False)
    user.refresh_from_db()


def link(*, actor: Actor, account: User, person: User) -> None:
    """Say that two accounts are one human: what either does counts as `person`'s. The operator's command line only."""
    with record.transaction():
        list(
            User.objects.select_for_update(no_key=True).filter(pk__in={account.pk, person.pk}).order_by("pk")
        )
        account.refresh_from_db()
        person.refresh_from_db()
        if account == person or account.is_service or person.is_service:
            raise Invalid("Name two accounts of people.")
        if account.responsible_id or person.responsible_id or account.services.exists():
            raise Conflict(
                "One of them is linked already, or others hang on it. Link every further account to the first one.",
                code="person.linked",
            )
        account.responsible = person
        account.save(update_fields=["responsible"])
        for organisation in {*_organisations(account), *_organisations(person)}:
            _record_account("person.linked", actor, organisation, account, person_id=str(person.pk))
            queue.enqueue(queue.CHECK_STAFFING, organisation_id=str(organisation.pk))


def _first_account(user: User) -> User:
    """The account of a person on which their others hang. A machine is not its person: it ends alone."""
    return user if user.is_service else user.responsible or user


def _end(actor: Actor, organisation: Organisation, user: User, reason: str) -> None:
    places = Membership.objects.locked().select_related("user", "organisation")
    ending = places.filter(Q(user=user) | Q(user__responsible=user), organisation=organisation, ended_at=None)
    for membership in ending:
        grants = list(RoleGrant.objects.filter(membership=membership).select_related("system"))
        for grant in grants:
            people.take_away(actor, grant)
        for identity in WorkloadIdentity.objects.filter(
            organisation=organisation, account=membership.user, ended_at=None
        ).select_related("organisation"):
            identities.end(actor, identity)
        ended = tokens.revoke_all(actor, membership)
        membership.ended_at = timezone.now()
        membership.save(update_fields=["ended_at"])
        record.event(
            "member.deactivated",
            organisation_id=organisation.pk,
            subject=membership,
            actor=actor,
            user_id=str(membership.user_id),
            user=membership.user.display_name,
            roles=len(grants),
            tokens=ended,
            reason=reason,
        )
    people.keep_an_owner(organisation)
    queue.enqueue(queue.CHECK_STAFFING, organisation_id=str(organisation.pk))


def _organisations(user: User) -> list[Organisation]:
    """Where an account, or one that hangs on it, is a member; locked, in one order for everybody."""
    places = Membership.objects.filter(Q(user=user) | Q(user__responsible=user), ended_at=None)
    ids = sorted(set(places.values_list("organisation_id", flat=True)))
    return [people.locked(organisation_id) for organisation_id in ids]


def _record_account(code: str, actor: Actor, organisation: Organisation, user: User, **further: Any) -> None:
    record.event(
        code,
        organisation_id=organisation.pk,
        subject=user,
        actor=actor,
        user_id=str(user.pk),
        user=user.display_name,
        **further,
    )
