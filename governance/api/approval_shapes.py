"""Approvals on the wire: output shapes and strict inputs."""

import json
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from governance import selectors
from governance.api.serializers import DIGEST
from governance.models import ApprovalRequest, Condition, Delegation, Vote, VoteVerdict
from governance.services import conditions, delegations
from governance.services.approvals import MAX_COMMENT
from registry.api.base import StrictSerializer
from registry.stages import Role

USER_NAME = 150


class ApprovalIn(StrictSerializer):
    """What approval is asked for."""

    to = serializers.CharField(max_length=30)


class ConditionIn(StrictSerializer):
    """What an approval is given on condition of."""

    text = serializers.CharField(max_length=conditions.MAX_TEXT)
    owner = serializers.CharField(max_length=USER_NAME, help_text="User name of the member who sees to it.")
    due_on = serializers.DateField(help_text="The last day on which it can be met, UTC.")


class VoteIn(StrictSerializer):
    """A vote on the digest that was read."""

    verdict = serializers.ChoiceField(VoteVerdict.choices)
    subject_digest = serializers.RegexField(DIGEST)
    comment = serializers.CharField(max_length=MAX_COMMENT, default="", allow_blank=True)
    role = serializers.ChoiceField(Role.choices, required=False, allow_null=True, default=None)
    delegation = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="When you vote on behalf of somebody."
    )
    conditions = ConditionIn(many=True, required=False, default=list)


class NoteIn(StrictSerializer):
    """What shows that a condition is met."""

    note = serializers.CharField(max_length=conditions.MAX_NOTE)


class ConditionOut(serializers.ModelSerializer[Condition]):
    """A condition of an approval."""

    owner = serializers.CharField(source="owner.display_name")
    met_by = serializers.CharField(source="met_by.display_name", allow_null=True, default=None)

    class Meta:
        model = Condition
        fields = read_only_fields = ["id", "number", "text", "owner", "due_on", "met_at", "met_by", "note"]


class OpenConditionOut(ConditionOut):
    """A condition with the vote and request it belongs to."""

    request = serializers.UUIDField(source="vote.request_id")
    role = serializers.CharField(source="vote.role")

    class Meta(ConditionOut.Meta):
        fields = read_only_fields = [*ConditionOut.Meta.fields, "vote", "request", "role"]


class VoteOut(serializers.ModelSerializer[Vote]):
    """A vote."""

    voter = serializers.CharField(source="voter.display_name")
    on_behalf_of = serializers.CharField(
        source="delegation.delegator.display_name", allow_null=True, default=None
    )
    conditions = ConditionOut(many=True)
    receipt_url = serializers.SerializerMethodField()

    class Meta:
        model = Vote
        fields = read_only_fields = [
            "id",
            "voter",
            "role",
            "delegation",
            "on_behalf_of",
            "verdict",
            "comment",
            "subject_digest",
            "voted_at",
            "withdrawn_at",
            "withdrawn_why",
            "conditions",
            "receipt_url",
        ]

    @extend_schema_field(serializers.URLField())
    def get_receipt_url(self, vote: Vote) -> str:
        """Where the proof is that the log keeps this vote."""
        return f"{settings.ASSAY_PUBLIC_URL}/api/v1/votes/{vote.pk}/receipt"


class ApprovalOut(serializers.ModelSerializer[ApprovalRequest]):
    """An approval request: what exactly is asked about, and what was said."""

    to = serializers.CharField(source="to_stage")
    system = serializers.CharField(source="system.slug")
    requested_by = serializers.CharField(source="requested_by.display_name")
    subject = serializers.SerializerMethodField()
    votes = VoteOut(many=True)

    class Meta:
        model = ApprovalRequest
        fields = read_only_fields = [
            "id",
            "state",
            "system",
            "model_version",
            "to",
            "subject",
            "subject_digest",
            "requested_by",
            "requested_at",
            "closed_at",
            "votes",
        ]

    @extend_schema_field(serializers.DictField())
    def get_subject(self, request: ApprovalRequest) -> Any:
        """The decision subject whose canonical form has the digest."""
        return json.loads(request.subject)


class ApprovalDetailOut(ApprovalOut):
    """A single approval request, with the changes that were asked for before it was put."""

    asked_changes = serializers.SerializerMethodField()

    class Meta(ApprovalOut.Meta):
        fields = read_only_fields = [*ApprovalOut.Meta.fields, "asked_changes"]

    @extend_schema_field(VoteOut(many=True))
    def get_asked_changes(self, request: ApprovalRequest) -> Any:
        """Votes that sent an earlier request about this step back."""
        return VoteOut(selectors.asked_changes(request), many=True).data


class DelegationIn(StrictSerializer):
    """A role to lend."""

    organisation = serializers.SlugField(
        required=False, help_text="Short name; may be left out when you are in one."
    )
    system = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="Left out: for every system."
    )
    delegate = serializers.CharField(max_length=USER_NAME, help_text="User name of a member.")
    role = serializers.ChoiceField(Role.choices)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(help_text=f"Included; at most {delegations.MAX_DAYS} days in all.")
    reason = serializers.CharField(max_length=delegations.MAX_REASON)


class DelegationOut(serializers.ModelSerializer[Delegation]):
    """A role that was lent."""

    organisation = serializers.CharField(source="organisation.slug")
    system = serializers.CharField(source="system.slug", allow_null=True, default=None)
    delegator = serializers.CharField(source="delegator.display_name")
    delegate = serializers.CharField(source="delegate.display_name")

    class Meta:
        model = Delegation
        fields = read_only_fields = [
            "id",
            "organisation",
            "system",
            "delegator",
            "delegate",
            "role",
            "reason",
            "starts_at",
            "ends_at",
            "created_at",
            "revoked_at",
        ]
