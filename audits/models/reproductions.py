"""Runs made again by somebody else, held against the original."""

import uuid

from django.db import models

from audits.models.runs import AuditRun


class Reproduction(models.Model):
    """How a run made again compares with the original. Written when the second run ends, and never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    original = models.ForeignKey(AuditRun, on_delete=models.PROTECT, related_name="reproductions")
    rerun = models.OneToOneField(AuditRun, on_delete=models.PROTECT, related_name="reproduction")
    matched = models.BooleanField()
    same_digest = models.BooleanField()  # byte for byte the same result
    same_code = models.BooleanField()
    tolerance = models.JSONField()  # {"absolute", "relative"} as sealed
    differences = models.JSONField(default=list)  # [{"what", "original", "again"}], the first hundred
    difference_count = models.PositiveIntegerField(default=0)
    compared_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        ordering = ["compared_at"]

    def __str__(self) -> str:
        return "reproduced" if self.matched else "not reproduced"
