"""Artifacts: bytes in, digest out."""

from typing import BinaryIO

from registry import blobs
from registry.access import check
from registry.actors import Actor
from registry.ledger import record
from registry.models import Artifact, Organisation


def store(
    *,
    actor: Actor,
    organisation: Organisation,
    stream: BinaryIO,
    expected: str | None = None,
    size: int | None = None,
) -> tuple[Artifact, bool]:
    """Keep a stream of bytes under its digest; the same bytes are kept once. True when they are new."""
    with record.attempt():
        check.require(actor, "register", organisation)
    # The bytes come first and may take minutes: no transaction and no lock is held while they arrive.
    stored = blobs.put(organisation.pk, stream, expected=expected, size=size)
    with record.transaction():
        artifact, created = Artifact.objects.get_or_create(
            organisation=organisation,
            digest=stored.digest,
            defaults={"size": stored.size, "created_by": actor.user},
        )
        if created:
            record.event(
                "artifact.stored",
                organisation_id=organisation.pk,
                subject=artifact,
                actor=actor,
                digest=stored.digest,
                size=stored.size,
            )
    return artifact, created
