"""The way back for a stopped log: two people, a new epoch, and an entry that says what was signed and what is left.

The first two verbs are for people, at any door. The third is the worker's, where the checkpointer's memory is.
"""

import logging
import uuid
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from registry import queue
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import AssayError, Conflict, Denied, Invalid, NotFound
from registry.ledger import epochs, halts, record
from registry.ledger.checkpoint_models import LedgerEpoch
from registry.ledger.remembered import Memories, Memory
from registry.models import Organisation, Reopening
from registry.services import agreement, checkpoints

logger = logging.getLogger(__name__)
PERMISSION: Final = "operate_log"
MAX_REASON: Final = 2000


@dataclass(frozen=True)
class Ceremony:
    """How far the way back is, and which step of it is this person's."""

    asked: Reopening | None  # None: nobody has asked yet
    operates: bool  # whether this person may operate the log at all
    may_ask: bool
    may_confirm: bool


def ceremony(actor: Actor, organisation: Organisation) -> Ceremony:
    """What is open now, and what this person could do about it; 2 queries beside those of the permission."""
    check.require(actor, "view_log", organisation)
    rows = Reopening.objects.filter(organisation=organisation, done_at=None)
    asked = rows.select_related("proposed_by", "confirmed_by").first()
    operates = PERMISSION in check.held(actor, organisation) and actor.kind == "person"
    waits = asked is not None and asked.confirmed_at is None
    return Ceremony(
        asked=asked,
        operates=operates,
        may_ask=operates and asked is None,
        may_confirm=operates and asked is not None and waits and _another(actor, asked),
    )


def propose(*, actor: Actor, organisation: Organisation, reason: str) -> Reopening:
    """Ask for a stopped log to be opened again; another person has to agree."""
    _permitted(actor, organisation)
    _person(actor)
    if not reason.strip() or len(reason) > MAX_REASON:
        raise Invalid(
            f"Say what happened and why it is safe, in at most {MAX_REASON} characters.",
            errors=[("reason", "required")],
        )
    if not halts.reason(organisation.pk):
        raise Conflict("The log is not stopped.", code="log.not_halted")
    try:
        with transaction.atomic():
            return Reopening.objects.create(
                organisation=organisation, reason=reason.strip(), proposed_by=actor.user
            )
    except IntegrityError as error:
        raise Conflict(
            "Somebody has asked for this already. Another person confirms it.", code="reopening.open"
        ) from error


def confirm(*, actor: Actor, reopening: Reopening) -> Reopening:
    """Agree, as another person; the worker then opens the log."""
    _permitted(actor, reopening.organisation)
    with transaction.atomic():
        locked = Reopening.objects.select_for_update().get(pk=reopening.pk)
        check.require(actor, PERMISSION, locked.organisation)
        _person(actor)
        if locked.confirmed_at is not None:
            raise Conflict("This is confirmed already.", code="reopening.confirmed")
        if not _another(actor, locked):
            raise Denied("Another person than the one who asked has to agree.", code="reopening.same_person")
        locked.confirmed_by, locked.confirmed_at = actor.user, timezone.now()
        locked.save(update_fields=["confirmed_by", "confirmed_at"])
        queue.enqueue(queue.REOPEN_LOG, reopening_id=str(locked.pk))
    return locked


def carry_out(reopening_id: uuid.UUID, memories: Memories | None = None) -> None:
    """Begin the new epoch: remember it outside the database, tell it in the log, and let changes in again."""
    memories = memories or Memories(settings.ASSAY_LOG_STATE_DIR)
    organisation_id = Reopening.objects.values_list("organisation_id", flat=True).get(pk=reopening_id)
    with memories.opened(organisation_id) as memory:
        # Read while nobody else opens the log: another worker may have done it meanwhile.
        rows = Reopening.objects.select_related("organisation", "proposed_by", "confirmed_by")
        row = rows.filter(pk=reopening_id, done_at=None).first()
        if row is None:
            return
        try:
            _still_lawful(row)
        except (Denied, NotFound):
            logger.exception("reopening_refused", extra={"reopening_id": str(row.pk)})
            row.delete()  # or nobody could ever ask for this log again
            raise
        anchored, outside = agreement.kept_outside(organisation_id)  # asked before anything is locked
        number = _following(organisation_id, memory or Memory(), outside)
        origin = epochs.named(record.head(organisation_id).origin, number)
        before = memories.put_away(organisation_id, memory or Memory(), f"before-epoch-{number}")
        memories.keep(organisation_id, Memory(origin=origin))
        _told(row, number, origin, before, anchored)
    checkpoints.issue(organisation_id, memories)


def carry_out_open() -> None:
    """Carry out what was confirmed and not done, as when the worker was away. One that fails stops no other."""
    for pk in Reopening.objects.filter(done_at=None).exclude(confirmed_at=None).values_list("pk", flat=True):
        try:
            carry_out(pk)
        except (AssayError, DatabaseError, OSError):
            logger.exception("reopening_failed", extra={"reopening_id": str(pk)})


def _following(organisation_id: uuid.UUID, memory: Memory, outside: int) -> int:
    """The number after every epoch that anything was signed under.

    A database that was restored may not know all of them. One that was begun in a crash and signed nothing is begun
    again.
    """
    rows = LedgerEpoch.objects.filter(organisation_id=organisation_id)
    opened = rows.aggregate(newest=Max("number"))["newest"] or 0
    remembered = epochs.number_of(memory.origin) - (0 if memory.note else 1)
    return max(opened, remembered, outside) + 1


def _told(row: Reopening, number: int, origin: str, before: Memory, anchored: int | None) -> None:
    organisation = row.organisation
    halted = halts.reason(organisation.pk)
    with record.transaction():
        halts.lift(organisation.pk)
        head = record.hold(organisation.pk)
        LedgerEpoch.objects.create(
            organisation_id=organisation.pk,
            number=number,
            origin=origin,
            from_size=head.size,
            opened_at=head.now,
        )
        record.event(
            "log.reopened",
            organisation_id=organisation.pk,
            subject=organisation,
            actor=Actor.of(row.confirmed_by),
            epoch=number,
            origin=origin,
            signed_origin=before.origin,
            signed_size=before.size,
            signed_root=before.root,
            anchored_size=anchored,
            size=head.size,
            lost=max(before.size - head.size, 0),
            halted=halted,
            proposed_by_id=str(row.proposed_by_id),
            reason=row.reason,
        )
        row.done_at = head.now
        row.save(update_fields=["done_at"])


def _still_lawful(row: Reopening) -> None:
    """Two people, both of whom still hold the permission."""
    if row.confirmed_by is None:
        raise Conflict("Nobody has confirmed this yet.", code="reopening.unconfirmed")
    if facts.person_of(row.proposed_by) == facts.person_of(row.confirmed_by):
        raise Denied("Another person than the one who asked has to agree.", code="reopening.same_person")
    for user in (row.proposed_by, row.confirmed_by):
        # They showed their second factor when they asked and agreed.
        check.require(Actor.of(user, second_factor=True), PERMISSION, row.organisation)


def _another(actor: Actor, row: Reopening) -> bool:
    """Whether somebody is another person than the one who asked."""
    return bool(facts.person_of(actor.user) != facts.person_of(row.proposed_by))


def _permitted(actor: Actor, organisation: Organisation) -> None:
    if halts.reason(organisation.pk):
        check.require(actor, PERMISSION, organisation)  # the log takes no word of a refused attempt
        return
    with record.attempt():
        check.require(actor, PERMISSION, organisation)


def _person(actor: Actor) -> None:
    if actor.kind != "person":
        raise Denied("People open a log again. A service account cannot.", code="reopening.not_a_person")
