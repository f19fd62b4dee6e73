"""Work that a worker carries out under a lease: the row is the truth, whatever the broker does."""

from typing import ClassVar

from django.db import models

from registry.models import System, User


class RunState(models.TextChoices):
    """The states of a run. The last five are final."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    PASSED = "passed", "Passed"
    FAILED = "failed", "Failed"
    INSUFFICIENT = "insufficient", "Not enough evidence"
    ERRORED = "errored", "Could not be measured"
    CANCELLED = "cancelled", "Cancelled"


class LeasedRun(models.Model):
    """What every kind of run has: a state, a lease, and a sealed result."""

    code_version = models.CharField(max_length=80)
    state = models.CharField(max_length=20, choices=RunState.choices, default=RunState.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    step = models.CharField(max_length=100, default="Waiting for a worker")
    attempts = models.PositiveSmallIntegerField(default=0)
    # Who works on it, until when; a lease that ran out may be taken by another worker.
    lease_holder = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)  # a sentence
    # Canonical JSON text of the whole outcome without the times; its SHA-256 is the result digest.
    result = models.TextField(blank=True)
    result_digest = models.CharField(max_length=71, blank=True)

    # Where its system is, the task that carries it out, and what its events are called.
    governed_path: ClassVar[str]
    task: ClassVar[str]
    event: ClassVar[str]

    class Meta:
        abstract = True

    @property
    def governed(self) -> System:
        """The system that the run is about."""
        raise NotImplementedError
