"""Tables of the ledger. No foreign keys: an entry outlives everything it tells of.

Rows of LedgerEntry are guarded by triggers (migration `ledger_append_only`) on SQLite and PostgreSQL.
"""

import uuid

from django.db import models


class LedgerHead(models.Model):
    """The growing end of one organisation's log; its row lock orders the appends."""

    organisation_id = models.UUIDField(primary_key=True)
    origin = models.CharField(max_length=200, unique=True)
    size = models.BigIntegerField(default=0)
    root = models.BinaryField(max_length=32)
    frontier = models.BinaryField(default=bytes)  # 32 bytes for each perfect subtree, largest first

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(size__gte=0), name="ledger_head_size_not_negative")
        ]

    def __str__(self) -> str:
        return f"{self.origin} {self.size}"


class LedgerEntry(models.Model):
    """One event as the exact bytes that were hashed. The other columns are an index over those bytes."""

    id = models.BigAutoField(primary_key=True)
    organisation_id = models.UUIDField()
    index = models.BigIntegerField()
    body = models.BinaryField()
    leaf_hash = models.BinaryField(max_length=32)
    event = models.CharField(max_length=60)
    recorded_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    # The system whose decisions may depend on this event; empty = the whole organisation.
    system_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation_id", "index"], name="ledger_entry_once_per_index")
        ]
        indexes = [
            models.Index(fields=["organisation_id", "system_id", "index"], name="ledger_by_system"),
            models.Index(fields=["organisation_id", "subject_id", "index"], name="ledger_by_subject"),
            # What people look for; the last column gives the newest first without sorting.
            models.Index(fields=["organisation_id", "event", "index"], name="ledger_by_event"),
            models.Index(fields=["organisation_id", "actor_id", "index"], name="ledger_by_actor"),
            models.Index(fields=["organisation_id", "recorded_at", "index"], name="ledger_by_time"),
        ]
        ordering = ["organisation_id", "index"]

    def __str__(self) -> str:
        return f"{self.index}: {self.event}"


class LedgerHalt(models.Model):
    """Why a log takes no more entries: it is not the one that was signed. Until two people open it again."""

    id = models.BigAutoField(primary_key=True)
    organisation_id = models.UUIDField()
    sentence = models.CharField(max_length=300)
    halted_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["organisation_id"],
                condition=models.Q(lifted_at=None),
                name="ledger_halted_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return self.sentence


class PersonalText(models.Model):
    """The erasable text behind a commitment in an entry: SHA-256(salt || text)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation_id = models.UUIDField()
    index = models.BigIntegerField()
    key = models.CharField(max_length=60)
    salt = models.BinaryField(max_length=32)
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation_id", "index", "key"], name="personal_text_once_per_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} of entry {self.index}"


class LedgerVerification(models.Model):
    """One recomputation of a log from its bytes, and what it found."""

    id = models.BigAutoField(primary_key=True)
    organisation_id = models.UUIDField()
    size = models.BigIntegerField()  # how many entries were there to verify
    root = models.CharField(max_length=64)  # recomputed, hexadecimal
    holds = models.BooleanField()
    broken_at = models.BigIntegerField(null=True)  # the first entry that does not hold
    sentence = models.CharField(max_length=300, blank=True)  # what is wrong there
    verified_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["organisation_id", "-verified_at"], name="ledger_verified_last")]

    def __str__(self) -> str:
        return f"{self.size} entries {'hold' if self.holds else 'do not hold'}"
