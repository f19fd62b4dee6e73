"""Classifications of AI systems, and what people signed about single obligations. Rows are closed, never rewritten."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from registry.access.check import ScopedQuerySet
from registry.models import System, User
from registry.stages import RiskTier, Role


class ClassificationState(models.TextChoices):
    """What became of a set of answers."""

    PROPOSED = "proposed", "Waiting for confirmation"
    IN_FORCE = "in_force", "In force"
    SUPERSEDED = "superseded", "Superseded"
    REJECTED = "rejected", "Rejected"


class Classification(models.Model):
    """Answers to the risk questionnaire, and the tier that follows from them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="classifications")
    number = models.PositiveIntegerField()
    answers = models.TextField()  # canonical JSON
    answers_digest = models.CharField(max_length=71)
    # The questions and rules that were answered; a recomputation by Assay itself keeps them: nobody read others.
    rules_digest = models.CharField(max_length=71)
    tier = models.CharField(max_length=20, choices=RiskTier.choices)
    tier_before = models.CharField(
        max_length=20, choices=RiskTier.choices
    )  # the system's, when it was answered
    result = models.TextField()  # canonical JSON of what follows from the answers
    state = models.CharField(max_length=20, choices=ClassificationState.choices)
    # Why another person has to agree, as sentences; empty: nobody has to.
    waits_for = models.TextField(blank=True)
    recomputed = models.BooleanField(default=False)  # by Assay from earlier answers, not by a person
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()
    took_effect_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)

    objects = ScopedQuerySet["Classification"].as_manager()
    organisation_path: ClassVar[str] = "system__organisation_id"
    system_path: ClassVar[str | None] = "system_id"

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["system", "number"], name="one_classification_per_number"),
            models.UniqueConstraint(
                fields=["system"], condition=Q(state="in_force"), name="one_classification_in_force"
            ),
            models.UniqueConstraint(
                fields=["system"], condition=Q(state="proposed"), name="one_proposed_classification"
            ),
        ]
        ordering = ["system", "-number"]

    def __str__(self) -> str:
        return f"{self.system} {self.number}: {self.tier}"


class ObligationState(models.TextChoices):
    """What somebody signed about an obligation."""

    MET = "met", "Met"
    NOT_APPLICABLE = "not_applicable", "Not applicable"
    OPEN = "open", "Open again"


class ObligationDecision(models.Model):
    """One person's signed word on one obligation of a framework for one system; the newest number counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="obligation_decisions")
    framework = models.CharField(max_length=60)
    obligation = models.CharField(max_length=100)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=ObligationState.choices)
    reason = models.TextField()
    # What was looked at: the obligation's text and the documents that are its evidence.
    basis_digest = models.CharField(max_length=71)
    role = models.CharField(max_length=30, choices=Role.choices)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet["ObligationDecision"].as_manager()
    organisation_path: ClassVar[str] = "system__organisation_id"
    system_path: ClassVar[str | None] = "system_id"

    class Meta:
        default_permissions = ()
        verbose_name = "decision about an obligation"
        verbose_name_plural = "decisions about obligations"
        constraints = [
            models.UniqueConstraint(
                fields=["system", "obligation", "number"], name="one_obligation_decision_per_number"
            )
        ]
        ordering = ["system", "obligation", "-number"]

    def __str__(self) -> str:
        return f"{self.obligation}: {self.state}"
