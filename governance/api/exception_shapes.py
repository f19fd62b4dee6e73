"""Waivers, emergency releases and issues on the wire."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from governance.models import BreakGlass, Issue, IssueKind, IssueState, ReviewOutcome, Severity, Waiver
from governance.services import break_glass, issues, waiver_terms
from governance.services.decisions import MAX_ENVIRONMENT
from registry.api.base import StrictSerializer
from registry.stages import Role

DIGEST = r"^sha256:[0-9a-f]{64}$"


class WaiverIn(StrictSerializer):
    """What is to be waived, why, and until when; `to` names the step, `environment` one door only."""

    codes = serializers.ListField(
        child=serializers.CharField(max_length=300),
        min_length=1,
        max_length=waiver_terms.MAX_CODES,
        help_text="Open findings, by their codes as the gate prints them.",
    )
    reason = serializers.CharField(max_length=waiver_terms.MAX_TEXT)
    compensating_control = serializers.CharField(
        max_length=waiver_terms.MAX_TEXT, help_text="What is done instead, to keep people safe."
    )
    expires_at = serializers.DateTimeField()
    starts = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Now, or when the waiver it renews ends."
    )
    to = serializers.CharField(max_length=30, default="", allow_blank=True)
    environment = serializers.CharField(max_length=MAX_ENVIRONMENT, default="", allow_blank=True)


class ApproveWaiverIn(StrictSerializer):
    """The terms that were read, and the role to approve them in."""

    digest = serializers.RegexField(DIGEST)
    role = serializers.ChoiceField(Role.choices, required=False, allow_null=True, default=None)


class WhyIn(StrictSerializer):
    """Why."""

    reason = serializers.CharField(max_length=waiver_terms.MAX_TEXT)


class WaiverOut(serializers.ModelSerializer[Waiver]):
    """A waiver: its terms, whose digest an approver signs, and what became of it."""

    terms = serializers.SerializerMethodField()
    requested_by = serializers.CharField(source="requested_by.display_name")
    approved_by = serializers.CharField(source="approved_by.display_name", allow_null=True, default=None)
    closed_by = serializers.CharField(source="closed_by.display_name", allow_null=True, default=None)

    class Meta:
        model = Waiver
        fields = read_only_fields = [
            "id",
            "system",
            "model_version",
            "step",
            "environment",
            "state",
            "starts",
            "expires_at",
            "renews",
            "renewal",
            "terms",
            "digest",
            "requested_by",
            "requested_at",
            "approved_by",
            "approved_role",
            "approved_at",
            "closed_by",
            "closed_at",
            "closed_reason",
        ]

    @extend_schema_field(serializers.DictField())
    def get_terms(self, waiver: Waiver) -> Any:
        """What is waived and why; its canonical form has the digest."""
        return json.loads(waiver.terms)


class BreakGlassIn(StrictSerializer):
    """An emergency: where the version must go, why, and for how long."""

    environment = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$", max_length=MAX_ENVIRONMENT)
    reason = serializers.CharField(max_length=break_glass.MAX_TEXT)
    hours = serializers.IntegerField(min_value=1, max_value=168)


class ReviewIn(StrictSerializer):
    """What the review found."""

    outcome = serializers.ChoiceField(ReviewOutcome.choices)
    review = serializers.CharField(max_length=break_glass.MAX_TEXT)


class BreakGlassOut(serializers.ModelSerializer[BreakGlass]):
    """An emergency release."""

    requested_by = serializers.CharField(source="requested_by.display_name")
    confirmed_by = serializers.CharField(source="confirmed_by.display_name", allow_null=True, default=None)
    reviewed_by = serializers.CharField(source="reviewed_by.display_name", allow_null=True, default=None)

    class Meta:
        model = BreakGlass
        fields = read_only_fields = [
            "id",
            "system",
            "model_version",
            "environment",
            "reason",
            "hours",
            "state",
            "requested_by",
            "requested_at",
            "confirmed_by",
            "starts",
            "ends",
            "incident",
            "review_due_at",
            "reviewed_by",
            "reviewed_at",
            "outcome",
            "review",
        ]


class IssueIn(StrictSerializer):
    """A finding or an incident."""

    kind = serializers.ChoiceField(IssueKind.choices)
    severity = serializers.ChoiceField(Severity.choices)
    title = serializers.CharField(max_length=issues.MAX_TITLE)
    description = serializers.CharField(max_length=issues.MAX_TEXT, default="", allow_blank=True)
    model_version = serializers.UUIDField(required=False, allow_null=True, default=None)
    owner = serializers.CharField(
        max_length=150, default="", allow_blank=True, help_text="User name of whoever is to correct it."
    )
    due = serializers.DateField(required=False, allow_null=True, default=None)


class AssignIn(StrictSerializer):
    """Whose the fix is, and by when."""

    owner = serializers.CharField(max_length=150, help_text="User name.")
    due = serializers.DateField(required=False, allow_null=True, default=None)


class CloseIn(StrictSerializer):
    """How an issue was settled."""

    state = serializers.ChoiceField([IssueState.RESOLVED.value, IssueState.ACCEPTED.value])
    resolution = serializers.CharField(max_length=issues.MAX_TEXT)


class IssueOut(serializers.ModelSerializer[Issue]):
    """A finding or an incident."""

    raised_by = serializers.CharField(source="raised_by.display_name")
    owner = serializers.CharField(source="owner.display_name", allow_null=True, default=None)
    closed_by = serializers.CharField(source="closed_by.display_name", allow_null=True, default=None)

    class Meta:
        model = Issue
        fields = read_only_fields = [
            "id",
            "system",
            "model_version",
            "kind",
            "severity",
            "title",
            "description",
            "state",
            "raised_by",
            "raised_at",
            "owner",
            "due",
            "resolution",
            "closed_by",
            "closed_at",
        ]
