"""Tables around checkpoints. Rows are put in and never changed; what they say is signed or can be computed anew."""

import uuid

from django.db import models


class LedgerKey(models.Model):
    """A public key that signs the checkpoints of a log from a size on, up to where the next one begins."""

    id = models.BigAutoField(primary_key=True)
    organisation_id = models.UUIDField()
    origin = models.CharField(max_length=200)
    public = models.BinaryField(max_length=32)
    from_size = models.BigIntegerField()
    added_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["organisation_id", "origin", "from_size"], name="ledger_key_once_per_size"
            )
        ]

    def __str__(self) -> str:
        return f"{self.origin} from {self.from_size}"


class LedgerTile(models.Model):
    """256 hashes of one level of a tree that are complete, and the root of the subtree they span."""

    id = models.BigAutoField(primary_key=True)
    organisation_id = models.UUIDField()
    epoch = models.PositiveIntegerField(default=0)
    level = models.PositiveSmallIntegerField()
    number = models.BigIntegerField()
    hashes = models.BinaryField(max_length=256 * 32)
    root = models.BinaryField(max_length=32)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["organisation_id", "epoch", "level", "number"], name="ledger_tile_once"
            )
        ]

    def __str__(self) -> str:
        return f"tile {self.level}/{self.number}"


class LedgerCheckpoint(models.Model):
    """A signed statement of how long a log is and what its root is, as the exact text of the note."""

    id = models.BigAutoField(primary_key=True)
    organisation_id = models.UUIDField()
    origin = models.CharField(max_length=200)
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    signed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["organisation_id", "origin", "size"], name="ledger_checkpoint_once_per_size"
            )
        ]

    def __str__(self) -> str:
        return f"{self.origin} {self.size}"


class LedgerEpoch(models.Model):
    """A new beginning of the signed history of a log that was stopped: another origin, so nothing signed before is
    contradicted. The first history is epoch 0 and has no row."""

    id = models.BigAutoField(primary_key=True)
    organisation_id = models.UUIDField()
    number = models.PositiveIntegerField()
    origin = models.CharField(max_length=200)
    from_size = models.BigIntegerField()  # how many entries there were
    opened_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["organisation_id", "number"], name="ledger_epoch_once_per_number")
        ]

    def __str__(self) -> str:
        return self.origin


class LedgerAnchor(models.Model):
    """A place outside the database that keeps a checkpoint, and what it gave us to show for it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation_id = models.UUIDField()
    origin = models.CharField(max_length=200)
    size = models.BigIntegerField()
    kind = models.CharField(max_length=20)  # file, git, s3, witness, timestamp
    place = models.CharField(max_length=200)  # which of the configured ones
    reference = models.CharField(max_length=300)  # where it lies there: a line, a commit, an object's version
    evidence = models.TextField(blank=True)  # a cosignature line, a time stamp in base64
    anchored_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["organisation_id", "origin", "size", "place"], name="ledger_anchor_once_per_place"
            )
        ]
        indexes = [models.Index(fields=["organisation_id", "-anchored_at"], name="ledger_anchored_last")]

    def __str__(self) -> str:
        return f"{self.origin} {self.size} at {self.place}"
