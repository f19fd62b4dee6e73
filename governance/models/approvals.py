"""Approval requests, each pinned to a digest, and the votes on them."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from registry.access.check import ScopedQuerySet
from registry.models import ModelVersion, User
from registry.stages import Role, VersionStage


class RequestState(models.TextChoices):
    """Whether votes can still be cast. What the votes are worth is for the gate to decide."""

    OPEN = "open", "Open"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    REPLACED = "replaced", "Replaced by a newer request"
    USED = "used", "Used"


class VoteVerdict(models.TextChoices):
    """What a voter said."""

    APPROVE = "approve", "Approved"
    REJECT = "reject", "Rejected"


class ApprovalRequest(models.Model):
    """A question put to the approvers about exactly one decision subject."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="approval_requests"
    )
    to_stage = models.CharField(max_length=20, choices=VersionStage.choices)
    # Canonical JSON text of the decision subject; its SHA-256 is what a vote signs.
    subject = models.TextField()
    subject_digest = models.CharField(max_length=71)
    state = models.CharField(max_length=20, choices=RequestState.choices, default=RequestState.OPEN)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet["ApprovalRequest"].as_manager()
    organisation_path: ClassVar[str] = "model_version__model__system__organisation_id"
    system_path: ClassVar[str | None] = "model_version__model__system_id"

    class Meta:
        default_permissions = ()
        verbose_name = "approval request"
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "to_stage"],
                condition=Q(state="open"),
                name="one_open_request_per_step",
            )
        ]
        ordering = ["-requested_at"]

    def __str__(self) -> str:
        return f"{self.model_version} → {self.to_stage}"


class Vote(models.Model):
    """One person's word on one subject digest, in one role."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="votes")
    voter = models.ForeignKey(User, on_delete=models.PROTECT, related_name="votes")
    role = models.CharField(max_length=30, choices=Role.choices)
    verdict = models.CharField(max_length=20, choices=VoteVerdict.choices)
    comment = models.TextField(blank=True)
    subject_digest = models.CharField(max_length=71)
    voted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["request", "voter"], name="one_vote_per_person")]
        ordering = ["voted_at"]

    def __str__(self) -> str:
        return f"{self.voter}: {self.verdict}"
