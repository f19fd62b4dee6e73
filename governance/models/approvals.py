"""Approval requests, each pinned to a digest, the votes on them, and what votes were given on condition of."""

import uuid
from datetime import datetime
from typing import Any, ClassVar, Final

from django.db import models
from django.db.models import Q

from registry.access.check import ScopedQuerySet
from registry.models import ModelVersion, System, User
from registry.stages import Role, SystemStage, VersionStage

STAGES: Final = list(dict([*SystemStage.choices, *VersionStage.choices]).items())


class RequestState(models.TextChoices):
    """Whether votes can still be cast. What the votes are worth is for the gate to decide."""

    OPEN = "open", "Open"
    REJECTED = "rejected", "Rejected"
    CHANGES = "changes_requested", "Sent back with changes to make"
    WITHDRAWN = "withdrawn", "Withdrawn"
    REPLACED = "replaced", "Replaced by a newer request"
    EXPIRED = "expired", "Expired"
    USED = "used", "Used"


class VoteVerdict(models.TextChoices):
    """What a voter said."""

    APPROVE = "approve", "Approved"
    REJECT = "reject", "Rejected"
    REQUEST_CHANGES = "request_changes", "Asked for changes"


class ApprovalRequest(models.Model):
    """A question put to the approvers about exactly one decision subject: of a model version, or of a system."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="approval_requests")
    # Empty for a step of the system itself.
    model_version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="approval_requests"
    )
    to_stage = models.CharField(max_length=30, choices=STAGES)
    # Canonical JSON text of the decision subject; its SHA-256 is what a vote signs.
    subject = models.TextField()
    subject_digest = models.CharField(max_length=71)
    state = models.CharField(max_length=20, choices=RequestState.choices, default=RequestState.OPEN)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()  # by the database's clock
    closed_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet["ApprovalRequest"].as_manager()
    organisation_path: ClassVar[str] = "system__organisation_id"
    system_path: ClassVar[str | None] = "system_id"

    class Meta:
        default_permissions = ()
        verbose_name = "approval request"
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "to_stage"],
                condition=Q(state="open"),
                name="one_open_request_per_step",
            ),
            models.UniqueConstraint(
                fields=["system", "to_stage"],
                condition=Q(state="open", model_version=None),
                name="one_open_request_per_system_step",
            ),
        ]
        ordering = ["-requested_at"]

    def __str__(self) -> str:
        return f"{self.about} → {self.to_stage}"

    @property
    def about(self) -> Any:
        """What is to take the step: the model version, or the system."""
        return self.model_version if self.model_version_id else self.system


class Delegation(models.Model):
    """A role lent to somebody else for a time: they vote in it on behalf of whoever holds it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        "registry.Organisation", on_delete=models.PROTECT, related_name="delegations"
    )
    # Empty: for every system of the organisation.
    system = models.ForeignKey(System, null=True, on_delete=models.PROTECT, related_name="delegations")
    delegator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations_given")
    delegate = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations_held")
    role = models.CharField(max_length=30, choices=Role.choices)
    reason = models.TextField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # the first moment in which it does not hold any more
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet["Delegation"].as_manager()
    organisation_path: ClassVar[str] = "organisation_id"
    system_path: ClassVar[str | None] = "system_id"

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")), name="delegation_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=~Q(delegate=models.F("delegator")), name="nobody_is_their_own_delegate"
            ),
        ]
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.delegate} for {self.delegator} as {self.role}"

    def in_force(self, now: datetime) -> bool:
        """Whether votes can be cast under it."""
        return self.revoked_at is None and self.starts_at <= now < self.ends_at


class Vote(models.Model):
    """One person's word on one subject digest, in one role: their own, or one that was delegated to them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="votes")
    voter = models.ForeignKey(User, on_delete=models.PROTECT, related_name="votes")
    role = models.CharField(max_length=30, choices=Role.choices)
    delegation = models.ForeignKey(Delegation, null=True, on_delete=models.PROTECT, related_name="votes")
    verdict = models.CharField(max_length=20, choices=VoteVerdict.choices)
    comment = models.TextField(blank=True)
    subject_digest = models.CharField(max_length=71)
    voted_at = models.DateTimeField()  # by the database's clock
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.TextField(blank=True)

    objects = ScopedQuerySet["Vote"].as_manager()
    organisation_path: ClassVar[str] = "request__system__organisation_id"
    system_path: ClassVar[str | None] = "request__system_id"

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["request", "voter"],
                condition=Q(withdrawn_at=None),
                name="one_standing_vote_per_person",
            ),
            models.UniqueConstraint(
                fields=["request", "delegation"],
                condition=Q(withdrawn_at=None),
                name="one_standing_vote_per_delegation",
            ),
        ]
        ordering = ["voted_at"]

    def __str__(self) -> str:
        return f"{self.voter}: {self.verdict}"


class Condition(models.Model):
    """What an approval was given on condition of: whose it is, until when, and who says that it is met."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vote = models.ForeignKey(Vote, on_delete=models.PROTECT, related_name="conditions")
    number = models.PositiveSmallIntegerField()
    text = models.TextField()
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="conditions")
    due_on = models.DateField()
    due_at = models.DateTimeField()  # the midnight after that day, UTC
    met_at = models.DateTimeField(null=True)
    met_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)

    objects = ScopedQuerySet["Condition"].as_manager()
    organisation_path: ClassVar[str] = "vote__request__system__organisation_id"
    system_path: ClassVar[str | None] = "vote__request__system_id"

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["vote", "number"], name="one_condition_per_number")]
        indexes = [models.Index(fields=["met_at", "due_at"], name="condition_by_due_date")]
        ordering = ["due_at", "vote", "number"]

    def __str__(self) -> str:
        return self.text
