"""Replacing the key that signs a log's checkpoints."""

from registry.access import check
from registry.actors import Actor
from registry.errors import Invalid
from registry.ledger import epochs, keys, record
from registry.ledger.checkpoint_models import LedgerCheckpoint, LedgerKey
from registry.ledger.notes import VerifierKey
from registry.models import Organisation
from registry.services import checkpoints


def replace(*, actor: Actor, organisation: Organisation, reason: str) -> LedgerCheckpoint | None:
    """Sign with another key from now on; the checkpoint where it begins is signed by both, and the log tells of it.

    Runs where the private keys are: in the checkpointer's environment.
    """
    if not reason.strip():
        raise Invalid("Say why the key is replaced.", errors=[("reason", "required")])
    with record.attempt():
        check.require(actor, "operate_log", organisation)
    checkpoints.issue(organisation.pk)  # what stands until now is the old key's
    new = keys.configured().following(organisation.pk)
    with record.transaction():
        head = record.hold(organisation.pk)
        check.require(actor, "operate_log", organisation)
        origin = epochs.current(organisation.pk)  # of a log that was opened again, not the one it began with
        rows = LedgerKey.objects.filter(organisation_id=organisation.pk, origin=origin)
        old = rows.order_by("-from_size").first()
        if old is None or bytes(old.public) == new.public:
            raise Invalid("There is no other key to take.", errors=[("key", "same key")])
        record.event(
            "log.key_replaced",
            organisation_id=organisation.pk,
            subject=organisation,
            actor=actor,
            old_key=str(VerifierKey(origin, bytes(old.public))),
            new_key=str(VerifierKey(origin, new.public)),
            from_size=head.size + 1,
            reason=reason,
        )
        LedgerKey.objects.create(
            organisation_id=organisation.pk,
            origin=origin,
            public=new.public,
            from_size=head.size + 1,
            added_at=head.now,
        )
    return checkpoints.issue(organisation.pk)
