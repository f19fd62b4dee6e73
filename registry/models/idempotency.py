"""Answers kept for Idempotency-Key, so that a retry of a write changes nothing and hears the same."""

from django.db import models

from registry.models.people import User


class IdempotentAnswer(models.Model):
    """The stored answer to one write: scoped to caller, route and key; `body_hash` tells another request apart."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=100)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "route", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
