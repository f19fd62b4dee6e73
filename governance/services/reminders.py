"""Mails about what is due: one digest for each person, organisation and day, kept before it is sent.

A mail that cannot be sent is kept with its error and tried again at the next beat; nothing else waits for it. Whoever
may not see the system any more is told nothing, and of a request are told only those whose vote would count.
"""

import logging
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import DatabaseError, transaction
from django.db.models import F, Max, Q
from django.template.loader import render_to_string
from django.utils import timezone

from governance.models import ApprovalRequest, Digest, Reminder
from governance.services import approvals
from governance.services.due import KINDS, Due, Scope, items
from registry.actors import Actor
from registry.errors import AssayError
from registry.models import Organisation, System, User
from registry.stages import Role

logger = logging.getLogger(__name__)
LEASE: Final = timedelta(minutes=10)  # longer than sending one mail takes
RETRIED: Final = timedelta(days=1)  # an older digest is out of date; the next day's has all of it


@dataclass(frozen=True)
class _Told:
    """A line for one person."""

    line: Due
    person: User
    escalated: bool


def remind() -> int:
    """Write the digests of the day where they are missing, and send what is not sent; how many were sent."""
    now = timezone.now()
    for organisation in Organisation.objects.order_by("pk"):
        try:
            with transaction.atomic():
                _write(organisation, now)
        except (AssayError, DatabaseError):
            # One organisation's facts cannot be read: the others' people must not wait for it.
            logger.exception("reminders_failed", extra={"organisation_id": str(organisation.pk)})
    unsent = Digest.objects.filter(sent_at=None, day__gte=(now - RETRIED).date())
    return sum(_send(digest) for digest in unsent.select_related("recipient", "organisation").order_by("pk"))


def _write(organisation: Organisation, now: datetime) -> None:
    # Digests of one organisation are written one at a time.
    Organisation.objects.locked().get(pk=organisation.pk)
    day = now.date()
    have = set(
        Digest.objects.filter(organisation=organisation, day=day).values_list("recipient_id", flat=True)
    )
    by_person: dict[User, list[_Told]] = {}
    for told in _due_now(organisation, now):
        if told.person.pk not in have:
            by_person.setdefault(told.person, []).append(told)
    for person, lines in by_person.items():
        digest = Digest.objects.create(organisation=organisation, recipient=person, day=day)
        Reminder.objects.bulk_create(_row(digest, told) for told in lines)


def _row(digest: Digest, told: _Told) -> Reminder:
    line = told.line
    return Reminder(
        digest=digest,
        kind=line.kind,
        subject_id=line.subject_id,
        recipient=digest.recipient,
        day=digest.day,
        escalated=told.escalated,
        system=line.system.name,
        what=line.what[:300],
        todo=line.todo,
        due_at=line.due_at,
        path=line.url,
    )


def _due_now(organisation: Organisation, now: datetime) -> Iterator[_Told]:
    scope = Scope(organisation=organisation)
    lines = [line for line in items(scope) if line.warn_at <= now]
    before = _last_told(lines)
    for line in lines:
        pause = timedelta(days=scope.reminding(line.system).every_days)
        for told in _recipients(scope, line, now):
            last = before.get((line.kind, line.subject_id, told.person.pk))
            if last is None or last + pause <= now.date():
                yield told


def _last_told(lines: Iterable[Due]) -> dict[tuple[str, uuid.UUID, uuid.UUID], date]:
    rows = Reminder.objects.filter(subject_id__in=[line.subject_id for line in lines]).order_by()
    found = rows.values_list("kind", "subject_id", "recipient_id").annotate(last=Max("day"))
    return {(kind, subject, person): last for kind, subject, person, last in found}


def _recipients(scope: Scope, line: Due, now: datetime) -> list[_Told]:
    """Those whose it is; and when they let it lie, or nobody is left, the system's owner and compliance officers."""
    theirs = [_Told(line, person, escalated=False) for person in _reachable(line, line.people)]
    if theirs and now < line.escalate_at:
        return theirs
    above = scope.holders(line.system, Role.COMPLIANCE_OFFICER) | {line.system.owner_id}
    above -= {told.person.pk for told in theirs}
    return theirs + [_Told(line, person, escalated=True) for person in _reachable(line, above, asked=False)]


def _reachable(line: Due, people: frozenset[uuid.UUID], *, asked: bool = True) -> list[User]:
    """Those who still see the system, have an address and, where a vote is asked of them, may cast it."""
    users = User.objects.filter(pk__in=people, is_active=True, is_service=False).exclude(email="")
    return [user for user in users.order_by("pk") if _sees(user, line) and (not asked or _may(user, line))]


def _sees(user: User, line: Due) -> bool:
    return System.objects.visible_to(Actor.of(user)).filter(pk=line.system.pk).exists()


def _may(user: User, line: Due) -> bool:
    if line.kind != "approval":
        return True
    rows = ApprovalRequest.objects.select_related("system", "model_version__model__system")
    return not approvals.ballot(Actor.of(user), rows.get(pk=line.subject_id)).why_not


def _send(digest: Digest) -> bool:
    """Send one digest, unless somebody else is at it."""
    now = timezone.now()
    free = Q(pk=digest.pk, sent_at=None) & (Q(lease_until=None) | Q(lease_until__lt=now))
    if not Digest.objects.filter(free).update(lease_until=now + LEASE, attempts=F("attempts") + 1):
        return False
    try:
        _mail(digest).send()
    except (OSError, ValueError) as error:  # the server does not answer, or the address is none
        logger.warning("mail_failed", extra={"digest_id": str(digest.pk)})
        Digest.objects.filter(pk=digest.pk).update(lease_until=None, error=str(error)[:300])
        return False
    Digest.objects.filter(pk=digest.pk).update(sent_at=timezone.now(), lease_until=None, error="")
    return True


def _mail(digest: Digest) -> EmailMultiAlternatives:
    """The digest as plain text and as a page; every link begins with the address that is set, whoever asked."""
    lines = list(digest.lines.all())
    context = {
        "name": digest.recipient.first_name or digest.recipient.display_name,
        "organisation": digest.organisation.name,
        "base": settings.ASSAY_PUBLIC_URL,
        "mine": [(KINDS[line.kind], line) for line in lines if not line.escalated],
        "escalated": [(KINDS[line.kind], line) for line in lines if line.escalated],
        "now": timezone.now(),
    }
    subject = render_to_string("mail/digest_subject.txt", {**context, "count": len(lines)})
    mail = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=render_to_string("mail/digest.txt", context),
        to=[digest.recipient.email],
    )
    mail.attach_alternative(render_to_string("mail/digest.html", context), "text/html")
    return mail
