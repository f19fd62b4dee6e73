"""Loosened plans and comparisons on the wire."""

from typing import Any

from rest_framework import serializers

from audits.api.serializers import DeviationOut
from governance.models import ComparisonAcknowledgement, DeviationVote, VoteVerdict
from governance.services import comparisons, deviations
from registry.api.base import StrictSerializer
from registry.stages import Role


class DeviationVoteIn(StrictSerializer):
    """A word on a loosened plan."""

    verdict = serializers.ChoiceField(VoteVerdict.choices)
    digest = serializers.CharField(max_length=71)
    comment = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=deviations.MAX_COMMENT
    )
    role = serializers.ChoiceField(Role.choices, required=False, allow_null=True, default=None)


class DeviationVoteOut(serializers.ModelSerializer[DeviationVote]):
    """What somebody said."""

    voter = serializers.CharField(source="voter.display_name")

    class Meta:
        model = DeviationVote
        fields = read_only_fields = ["id", "voter", "role", "verdict", "comment", "digest", "voted_at"]


class DeviationDetailOut(DeviationOut):
    """A loosened plan with its votes."""

    votes = DeviationVoteOut(many=True)

    class Meta(DeviationOut.Meta):
        fields = read_only_fields = [*DeviationOut.Meta.fields, "votes"]


class AcknowledgeIn(StrictSerializer):
    """Which comparison was read."""

    champion = serializers.UUIDField()
    digest = serializers.CharField(max_length=71)
    comment = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=comparisons.MAX_COMMENT
    )


class AcknowledgementOut(serializers.ModelSerializer[ComparisonAcknowledgement]):
    """Who has read a comparison."""

    acknowledged_by = serializers.CharField(source="acknowledged_by.display_name")

    class Meta:
        model = ComparisonAcknowledgement
        fields = read_only_fields = [
            "id",
            "champion",
            "digest",
            "comment",
            "acknowledged_by",
            "acknowledged_at",
        ]


class ReadingOut(serializers.Serializer[Any]):
    """One side of a row."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()


class ComparedOut(serializers.Serializer[Any]):
    """One metric on one slice in both results."""

    code = serializers.CharField()
    slice = serializers.CharField()
    champion = ReadingOut(allow_null=True)
    candidate = ReadingOut(allow_null=True)
    difference = serializers.FloatField(allow_null=True)
    change = serializers.CharField()
    hidden = serializers.BooleanField()
    words = serializers.CharField()


class ComparisonOut(serializers.Serializer[Any]):
    """Two results side by side, and who has read that."""

    champion = serializers.UUIDField(source="champion.pk")
    champion_version = serializers.CharField(source="champion.version")
    digest = serializers.CharField()
    complete = serializers.BooleanField()
    same_data = serializers.BooleanField()
    rows = ComparedOut(many=True)
    acknowledgements = AcknowledgementOut(many=True)
