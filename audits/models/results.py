"""What a run found, row by row, for pages and filters. The sealed truth is AuditRun.result."""

import uuid

from django.db import models

from audits.models.runs import AuditRun


class Measurement(models.Model):
    """One metric on one slice: a value with its interval, or the reason why there is none."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(AuditRun, on_delete=models.PROTECT, related_name="measurements")
    code = models.CharField(max_length=60)
    slice = models.JSONField(default=dict)
    value = models.FloatField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    n = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["run", "code"], name="measurement_by_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.slice}"


class CheckResult(models.Model):
    """The verdict of one check of the plan."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(AuditRun, on_delete=models.PROTECT, related_name="check_results")
    name = models.CharField(max_length=120)
    verdict = models.CharField(max_length=20)  # passed | failed | insufficient | errored
    sentence = models.TextField()
    body = models.JSONField()  # the check as planned and what was measured

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="one_result_per_check")]
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name}: {self.verdict}"
