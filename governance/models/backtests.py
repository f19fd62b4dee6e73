"""Back-tests: a draft policy over past decisions."""

import uuid
from typing import ClassVar

from django.db import models

from governance.models.policies import Policy
from registry.access.check import ScopedQuerySet
from registry.models import User


class BackTestState(models.TextChoices):
    """A back-test ends, always."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class BackTest(models.Model):
    """One draft over the decisions made before it was asked for; taken up where a lost worker left it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="back_tests")
    # What the review load is compared with: the policy in force when it was asked for.
    in_force = models.ForeignKey(Policy, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=BackTestState.choices, default=BackTestState.QUEUED)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    reached = models.UUIDField(null=True)  # the last decision that is in the tally
    tally = models.TextField(blank=True)  # JSON, while it runs
    result = models.TextField(blank=True)  # JSON, when it is done
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_holder = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet["BackTest"].as_manager()
    organisation_path: ClassVar[str] = "policy__organisation_id"
    system_path: ClassVar[str | None] = None

    class Meta:
        default_permissions = ()
        verbose_name = "back-test"
        constraints = [
            models.UniqueConstraint(
                fields=["policy"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_back_test_at_a_time",
            )
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="back_test_by_state")]
        ordering = ["-requested_at"]

    def __str__(self) -> str:
        return f"{self.policy}: {self.get_state_display().lower()}"
