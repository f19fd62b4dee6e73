"""What people were mailed: kept so that nobody is told twice a day, and that they can see what they were told."""

import uuid

from django.db import models

from registry.models import Organisation, User


class Digest(models.Model):
    """One mail to one person about one organisation on one day, with everything that was due then."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="digests")
    day = models.DateField()  # UTC
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)  # somebody is sending it
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["organisation", "recipient", "day"], name="one_digest_a_day")
        ]
        indexes = [models.Index(fields=["sent_at", "day"], name="digest_unsent")]
        ordering = ["-day", "organisation"]

    def __str__(self) -> str:
        return f"{self.recipient} on {self.day}"


class Reminder(models.Model):
    """One line of a digest. Names of systems and what to do; never what is in the evidence."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.ForeignKey(Digest, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    escalated = models.BooleanField(default=False)  # told because others did not act
    system = models.CharField(max_length=200)
    what = models.CharField(max_length=300)
    todo = models.CharField(max_length=300)
    due_at = models.DateTimeField()
    path = models.CharField(max_length=200)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id", "recipient", "day"], name="one_reminder_a_day"
            )
        ]
        ordering = ["due_at", "kind", "subject_id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.what}"
