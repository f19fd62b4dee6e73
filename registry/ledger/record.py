"""The only writer of the ledger.

    with record.transaction():
        version.save()
        record.event("model_version.registered", organisation=…, subject=version, actor=actor, …)

Entries are collected while the transaction runs and written last, so that the head's lock is held for a moment
only. Should the log not be writable, the change is rolled back with it: no entry, no effect.

Who must decide on facts that nobody changes meanwhile takes the lock early with `hold`: every change needs it to
commit. Who has read the head already passes it as `seen`, and saves reading it again; should somebody have appended
since, it is read again.

A refused attempt to change something is evidence too: when a `Denied` that knows who tried what leaves the outermost
transaction, the change is rolled back and the attempt gets an entry of its own. Reads leave none.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.db import transaction as database
from django.db.models import DateTimeField, Exists, Func, OuterRef, Subquery, Value

from registry.actors import Actor
from registry.errors import Denied, Unavailable
from registry.ledger import chain, events, outage, places
from registry.ledger.entries import Entry, written
from registry.ledger.models import LedgerEntry, LedgerHalt, LedgerHead, PersonalText


@dataclass(frozen=True)
class Head:
    """The growing end of a log as it was read at a moment of the database's clock."""

    organisation_id: uuid.UUID
    origin: str
    size: int
    root: bytes
    frontier: bytes
    now: datetime

    @property
    def tree(self) -> chain.Tree:
        """The head as a tree that can grow."""
        return chain.Tree(
            self.size, tuple(self.frontier[i : i + 32] for i in range(0, len(self.frontier), 32))
        )


@dataclass
class _Pending:
    """What the running transaction will append, and the heads it knows."""

    entries: list[Entry] = field(default_factory=list)
    heads: dict[uuid.UUID, Head] = field(default_factory=dict)


_pending: ContextVar[_Pending | None] = ContextVar("assay_pending_entries", default=None)


@contextmanager
def transaction(seen: Head | None = None) -> Iterator[None]:
    """A database transaction whose recorded events are appended just before it commits."""
    pending = _pending.get()
    if pending is not None:
        with _nested(pending):
            yield
        return
    with attempt(), _outermost(seen):
        yield


@contextmanager
def attempt() -> Iterator[None]:
    """Keep a refused attempt when no transaction is open yet, as before a long upload."""
    try:
        yield
    except Denied as refusal:
        if _pending.get() is None:
            _keep_attempt(refusal)
        raise


@contextmanager
def _outermost(seen: Head | None = None) -> Iterator[None]:
    collected = _Pending(heads={seen.organisation_id: seen} if seen else {})
    token = _pending.set(collected)
    committing = False
    try:
        with database.atomic():
            yield
            _append(collected)
            committing = True
    except DatabaseError as error:
        if (unavailable := outage.of(error, committing=committing)) is None:
            raise
        raise unavailable from error
    finally:
        _pending.reset(token)


@contextmanager
def _nested(pending: _Pending) -> Iterator[None]:
    mark = len(pending.entries)
    try:
        with database.atomic():
            yield
    except BaseException:
        del pending.entries[mark:]  # what is rolled back did not happen
        pending.heads.clear()  # nor is a lock held that was taken meanwhile
        raise


def _keep_attempt(refusal: Denied) -> None:
    """An entry about who tried what, after everything the attempt did was rolled back."""
    if refusal.recorded or refusal.by is None or refusal.on is None:
        return
    organisation_id, system_id = places.of(refusal.on)
    with _outermost():
        event(
            "access.denied",
            organisation_id=organisation_id,
            system_id=system_id,
            subject=refusal.on,
            actor=refusal.by,
            permission=refusal.permission or refusal.code,
            reason=refusal.message,
        )
    refusal.recorded = True


def hold(organisation_id: uuid.UUID) -> Head:
    """Keep every other change of the organisation from committing until this transaction ends; the log's head.

    Rows are locked first and the log last, by everyone: so two transactions never wait for each other. Rows that
    others refer to are locked with `no_key=True`: the database checks foreign keys when it commits, which is after
    the log, and a plain lock would make that check wait for someone who waits for the log.
    """
    pending = _pending.get()
    if pending is None:
        raise RuntimeError("The log can be held inside record.transaction() only.")
    pending.heads[organisation_id] = head = _locked(organisation_id)
    return head


def event(
    code: str,
    *,
    organisation_id: uuid.UUID,
    subject: Any,
    actor: Actor,
    system_id: uuid.UUID | None = None,
    **payload: Any,
) -> Entry:
    """Record one catalogued event about `subject` (a model instance) in the running transaction."""
    pending = _pending.get()
    if pending is None:
        raise RuntimeError(
            f"{code} was recorded outside record.transaction(); the change would have no entry."
        )
    row = events.check(code, payload)
    chain.canonical({key: value for key, value in payload.items() if key not in row.personal})
    entry = Entry(row, organisation_id, system_id, actor, subject._meta.model_name, subject.pk, payload)
    pending.entries.append(entry)
    return entry


def open_log(organisation_id: uuid.UUID) -> None:
    """Start the log of a new organisation."""
    origin = f"{settings.ASSAY_PUBLIC_URL.partition('://')[2]}/log/{organisation_id}"
    LedgerHead.objects.create(organisation_id=organisation_id, origin=origin, root=chain.EMPTY_ROOT)


def _append(pending: _Pending) -> None:
    by_log: dict[uuid.UUID, list[Entry]] = {}
    for entry in pending.entries:
        by_log.setdefault(entry.organisation_id, []).append(entry)
    try:
        for organisation_id in sorted(by_log):  # one order for all writers, so two logs cannot deadlock
            _append_to(
                by_log[organisation_id], pending.heads.get(organisation_id) or _locked(organisation_id)
            )
    except DatabaseError as error:
        raise Unavailable(outage.LOG) from error


def _append_to(entries: list[Entry], head: Head) -> None:
    tree, rows, texts = _grown(head, entries)
    if not _moved(head, tree):  # somebody appended since the head was seen
        head = _locked(head.organisation_id)
        tree, rows, texts = _grown(head, entries)
        if not _moved(head, tree):
            raise RuntimeError("The head of the log moved under its own lock.")
    LedgerEntry.objects.bulk_create(rows)
    if texts:
        PersonalText.objects.bulk_create(texts)


def _grown(head: Head, entries: list[Entry]) -> tuple[chain.Tree, list[LedgerEntry], list[PersonalText]]:
    """The tree with these entries, and the rows that keep them."""
    tree, rows, texts = head.tree, [], []
    for entry in entries:
        entry.index = tree.size
        row, personal = written(entry, head.origin, head.now)
        rows.append(row)
        texts.extend(personal)
        tree = tree.append(bytes(row.leaf_hash))
    return tree, rows, texts


def _moved(head: Head, tree: chain.Tree) -> bool:
    """Move the head on, and with that take its lock; False when it is not where it was seen."""
    unmoved = LedgerHead.objects.filter(
        ~Exists(LedgerHalt.objects.filter(organisation_id=head.organisation_id, lifted_at=None)),
        organisation_id=head.organisation_id,
        size=head.size,
        root=head.root,
    )
    return bool(unmoved.update(size=tree.size, frontier=b"".join(tree.frontier), root=tree.root()))


def head(organisation_id: uuid.UUID) -> Head:
    """The head as it is now; it may grow the next moment."""
    return _read(LedgerHead.objects.annotate(now=DatabaseClock()).get(organisation_id=organisation_id))


def _locked(organisation_id: uuid.UUID) -> Head:
    halts = LedgerHalt.objects.filter(organisation_id=OuterRef("organisation_id"), lifted_at=None)
    rows = LedgerHead.objects.select_for_update().annotate(
        now=DatabaseClock(), halted=Subquery(halts.values("sentence")[:1])
    )
    row = rows.get(organisation_id=organisation_id)
    if row.halted:
        raise Unavailable(
            f"The log of this organisation is stopped, so nothing can be changed: {row.halted}"
            " Two people open it again: Log, Checkpoints and keys.",
            code="log.halted",
        )
    return _read(row)


def _read(row: Any) -> Head:
    return Head(row.organisation_id, row.origin, row.size, bytes(row.root), bytes(row.frontier), row.now)


class DatabaseClock(Func):
    """The database's clock, so that a wrong clock on a web machine cannot back-date an entry."""

    function = "clock_timestamp"
    output_field = DateTimeField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """The embedded database has no clock of its own; it is the same machine's."""
        return Value(datetime.now(UTC), output_field=DateTimeField()).as_sql(compiler, connection)
