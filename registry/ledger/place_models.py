"""What places outside last said. Unlike the tables of the log these rows change, and decide nothing."""

import uuid

from django.db import models


class LedgerPlace(models.Model):
    """When a place was last given a checkpoint of a log, and last asked what it keeps; and why that failed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation_id = models.UUIDField()
    place = models.CharField(max_length=200)
    given_at = models.DateTimeField(null=True)
    refusal = models.CharField(
        max_length=300, blank=True
    )  # why it did not take the last one; empty: it took it
    asked_at = models.DateTimeField(null=True)
    silence = models.CharField(
        max_length=300, blank=True
    )  # why it did not say what it keeps; empty: it agreed

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["organisation_id", "place"], name="ledger_place_once_per_log")
        ]

    def __str__(self) -> str:
        return self.place
