"""What the API reads and writes about policies."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from governance.gates.spec import Verdict
from governance.gates.strictness import Direction
from governance.models import BackTest, Policy
from registry.api.base import StrictSerializer
from registry.stages import RiskTier, Role

VERDICTS = [verdict.value for verdict in Verdict]


class PolicyIn(StrictSerializer):
    """A policy's text."""

    organisation = serializers.SlugField(
        required=False, help_text="Short name; may be left out when you are in one."
    )
    tier = serializers.ChoiceField(RiskTier.choices)
    body = serializers.CharField(max_length=256 * 1024, trim_whitespace=False, help_text="YAML.")


class OrganisationIn(StrictSerializer):
    """An organisation."""

    organisation = serializers.SlugField(required=False)


class PolicyOut(serializers.ModelSerializer[Policy]):
    """A policy."""

    organisation = serializers.CharField(source="organisation.slug")
    drafted_by = serializers.CharField(source="created_by.display_name")
    published_by = serializers.CharField(source="published_by.display_name", allow_null=True, default=None)

    class Meta:
        model = Policy
        fields = read_only_fields = [
            "id",
            "organisation",
            "tier",
            "name",
            "number",
            "state",
            "digest",
            "body",
            "drafted_by",
            "created_at",
            "published_by",
            "published_at",
        ]


class GapOut(serializers.Serializer[Any]):
    """A gate that nobody could lawfully open. `system` is empty where it is every system of the tier."""

    policy_id = serializers.UUIDField()
    tier = serializers.ChoiceField(RiskTier.choices)
    step = serializers.CharField()
    system = serializers.CharField(allow_blank=True)
    roles = serializers.ListField(child=serializers.ChoiceField(Role.choices))
    sentence = serializers.CharField()
    clears = serializers.CharField()


class PublishedOut(PolicyOut):
    """A policy now in force, and the gates of its tier that nobody could lawfully open."""

    staffing_gaps = GapOut(many=True)

    class Meta(PolicyOut.Meta):
        fields = read_only_fields = [*PolicyOut.Meta.fields, "staffing_gaps"]


class ChangeOut(serializers.Serializer[Any]):
    """What a change of a policy does to what a gate demands."""

    place = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()
    direction = serializers.ChoiceField([one.value for one in Direction])


class LineOut(serializers.Serializer[Any]):
    """A line of the text: where it stands in the old and in the new one."""

    kind = serializers.ChoiceField(["same", "removed", "added", "skipped"])
    text = serializers.CharField(allow_blank=True)
    old = serializers.IntegerField(allow_null=True)
    new = serializers.IntegerField(allow_null=True)


class DifferenceOut(serializers.Serializer[Any]):
    """A policy compared with another; `against` is null where there is none before it."""

    policy = serializers.UUIDField()
    against = serializers.UUIDField(allow_null=True)
    loosens = serializers.BooleanField()
    changes = ChangeOut(many=True)
    lines = LineOut(many=True)


class FlipOut(serializers.Serializer[Any]):
    """A past decision that would have come out otherwise, and the first finding that made the difference."""

    decision = serializers.UUIDField()
    decided_at = serializers.DateTimeField()
    system = serializers.CharField()
    version = serializers.CharField(allow_blank=True)
    step = serializers.CharField(allow_blank=True)
    was = serializers.ChoiceField(VERDICTS)
    now = serializers.ChoiceField(VERDICTS)
    code = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField(allow_blank=True)


class LoadOut(serializers.Serializer[Any]):
    """Reviews a month that a role has under the policy in force, and would have under this one."""

    role = serializers.CharField()
    today = serializers.FloatField()
    draft = serializers.FloatField()


class BackTestResultOut(serializers.Serializer[Any]):
    """What a policy would have made of past decisions; `flips` names the first 200 each way."""

    decided = serializers.IntegerField()
    other_tier = serializers.IntegerField()
    unreadable = serializers.IntegerField()
    opens = serializers.IntegerField()
    closes = serializers.IntegerField()
    first = serializers.CharField(allow_blank=True)
    last = serializers.CharField(allow_blank=True)
    flips = FlipOut(many=True)
    load = LoadOut(many=True)


class BackTestOut(serializers.ModelSerializer[BackTest]):
    """A back-test: how far it is, and its result when it is done."""

    policy = serializers.UUIDField(source="policy_id")
    requested_by = serializers.CharField(source="requested_by.display_name")
    result = serializers.SerializerMethodField()

    class Meta:
        model = BackTest
        fields = read_only_fields = [
            "id",
            "policy",
            "state",
            "total",
            "done",
            "result",
            "error",
            "requested_by",
            "requested_at",
            "finished_at",
        ]

    @extend_schema_field(BackTestResultOut(allow_null=True))
    def get_result(self, test: BackTest) -> Any:
        """What came out, once it is done."""
        return json.loads(test.result) if test.result else None
