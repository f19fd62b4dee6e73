"""Schema locks: the columns of a dataset fixed, and what happens when a version comes with others."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.db.models.functions import Now

from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid
from registry.ledger import chain, record
from registry.models import Dataset, DatasetVersion, SchemaLock

MAX_REASON: Final = 2000
# A file may have thousands of columns; the answer names the first of those that differ.
NAMED: Final = 20

Columns = Sequence[Mapping[str, str]]


def digest(columns: Columns, contract: Mapping[str, Any]) -> str:
    """The digest of columns and contract."""
    return chain.digest_of({"columns": list(columns), "contract": chain.exact(dict(contract))})


def active(dataset: Dataset) -> SchemaLock | None:
    """The lock in force, if there is one."""
    rows = SchemaLock.objects.filter(dataset=dataset, released_at=None)
    return rows.select_related("locked_by").first()


def newest(dataset: Dataset) -> DatasetVersion | None:
    """The version that was registered last."""
    rows = DatasetVersion.objects.filter(dataset=dataset).select_related("created_by")
    return rows.order_by("-created_at", "-pk").first()


def lock(*, actor: Actor, dataset: Dataset) -> SchemaLock:
    """Fix the columns of the newest version; further versions must have the same. Locked alike: that lock."""
    with record.transaction():
        check.require(actor, "lock_schema", dataset)
        Dataset.objects.locked().get(pk=dataset.pk)
        version = newest(dataset)
        if version is None:
            raise Conflict(
                "This dataset has no version yet, so there are no columns to lock. Register one first.",
                code="schema.nothing_to_lock",
            )
        existing = active(dataset)
        if existing is not None:
            return existing  # no version with other columns could be registered under it
        locked = SchemaLock.objects.create(
            dataset=dataset,
            columns=version.columns,
            contract=version.contract,
            columns_digest=digest(version.columns, version.contract),
            locked_by=actor.user,
        )
        _record("schema.locked", actor, locked, columns_digest=locked.columns_digest)
    return locked


def release(*, actor: Actor, dataset: Dataset, reason: str) -> SchemaLock:
    """Let versions with other columns in again: for a reason, and not by who registered the newest version."""
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON:
        wrong = "required" if not reason else "too long"
        raise Invalid(
            f"Say why the schema is released, in at most {MAX_REASON} characters.",
            errors=[("reason", wrong)],
            code="schema.reason",
        )
    with record.transaction():
        check.require(actor, "lock_schema", dataset)
        Dataset.objects.locked().get(pk=dataset.pk)
        locked = active(dataset)
        if locked is None:
            raise Conflict("The schema of this dataset is not locked.", code="schema.not_locked")
        why_not = refused(actor, dataset)
        if not why_not:
            return _release(actor, locked, reason)
        _record("schema.release_refused", actor, locked, why=why_not)
    # Raised after the attempt is committed: a log should tell who tried to undo a control on their own work.
    refusal = Denied(f"You cannot release this lock: {why_not}.", code="schema.same_person")
    refusal.recorded = True
    raise refusal


def refused(actor: Actor, dataset: Dataset) -> str:
    """Why this actor cannot release a lock that they may otherwise; empty when they can."""
    if actor.kind != "person":
        return "it takes a person, not a service account"
    version = newest(dataset)
    author = version.created_by if version else None
    if author is not None and author.person_id == actor.person_id:
        return "you registered the newest version, so somebody else must agree to other columns"
    return ""


def _release(actor: Actor, locked: SchemaLock, reason: str) -> SchemaLock:
    rows = SchemaLock.objects.filter(pk=locked.pk, released_at=None)
    rows.update(released_at=Now(), released_by=actor.user, release_reason=reason)
    locked.refresh_from_db()
    _record("schema.released", actor, locked, columns_digest=locked.columns_digest, reason=reason)
    return locked


def require_fitting(dataset: Dataset, columns: Columns, contract: Mapping[str, Any]) -> None:
    """Refuse a new version whose columns differ from a lock, with every difference."""
    locked = active(dataset)
    if locked is None or locked.columns_digest == digest(columns, contract):
        return
    found = list(differences(locked, columns, contract))
    more = f" And {len(found) - NAMED} more." if len(found) > NAMED else ""
    raise Conflict(
        f"The schema of {dataset.slug} is locked, and this version differs: {'; '.join(found[:NAMED])}.{more}"
        " Register the locked columns, or have the lock released first.",
        code="schema.locked",
    )


def differences(locked: SchemaLock, columns: Columns, contract: Mapping[str, Any]) -> Iterator[str]:
    """What differs from a lock, field by field."""
    before = {row["name"]: row for row in locked.columns}
    after = {row["name"]: row for row in columns}
    for name in sorted(after.keys() - before.keys()):
        yield f"“{name}” is added as {after[name]['role']}, {after[name]['type']}"
    for name in sorted(before.keys() - after.keys()):
        yield f"“{name}” is missing"
    for name in sorted(before.keys() & after.keys()):
        for key in ("role", "type"):
            was, now = before[name][key], after[name][key]
            if was != now:
                yield f"“{name}” has the {key} {now} instead of {was}"
    for key in sorted(locked.contract.keys() | contract.keys()):
        if chain.exact(locked.contract.get(key)) != chain.exact(contract.get(key)):
            yield f"“{key}” of the contract is {contract.get(key)!r} instead of {locked.contract.get(key)!r}"
    if before == after and [row["name"] for row in locked.columns] != [row["name"] for row in columns]:
        yield "the columns stand in another order"


def _record(code: str, actor: Actor, locked: SchemaLock, **payload: object) -> None:
    dataset = locked.dataset
    record.event(
        code,
        organisation_id=dataset.system.organisation_id,
        system_id=dataset.system_id,
        subject=locked,
        actor=actor,
        lock_id=str(locked.pk),
        dataset_id=str(dataset.pk),
        dataset=dataset.slug,
        **payload,
    )
