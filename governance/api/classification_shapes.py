"""Classifications and obligations on the wire."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from governance.classification.answers import MAX_REASON
from governance.classification.questions import Answer
from governance.models import Classification, ObligationDecision, ObligationState
from registry.api.base import StrictSerializer
from registry.stages import Role

MAX_ANSWERS = 500


class AnswerIn(StrictSerializer):
    """One answer; an answer that claims that a duty does not reach the system needs its reason."""

    answer = serializers.ChoiceField([str(one) for one in Answer])
    reason = serializers.CharField(max_length=MAX_REASON, default="", allow_blank=True)


class AnswersIn(StrictSerializer):
    """Answers by the identifiers of their questions. What is left out counts as the worse answer."""

    answers = serializers.DictField(child=AnswerIn(), allow_empty=False)

    def validate_answers(self, value: dict[str, Any]) -> dict[str, Any]:
        """No more than any questionnaire could ask."""
        if len(value) > MAX_ANSWERS:
            raise serializers.ValidationError(f"At most {MAX_ANSWERS} answers.")
        return value


class ConfirmIn(StrictSerializer):
    """Which classification was read."""

    number = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class RejectIn(ConfirmIn):
    """Which classification was read, and what is wrong with it."""

    reason = serializers.CharField(max_length=2000)


class ClassificationOut(serializers.ModelSerializer[Classification]):
    """A classification: the tier, why, and what became of it."""

    answers = serializers.SerializerMethodField()
    result = serializers.SerializerMethodField()
    waits_for = serializers.SerializerMethodField()
    answered_by = serializers.CharField(source="answered_by.display_name")
    decided_by = serializers.SerializerMethodField()

    class Meta:
        model = Classification
        fields = read_only_fields = [
            "id",
            "number",
            "state",
            "tier",
            "tier_before",
            "result",
            "waits_for",
            "answers",
            "answers_digest",
            "rules_digest",
            "recomputed",
            "answered_by",
            "answered_at",
            "took_effect_at",
            "decided_by",
            "decided_at",
            "decision_reason",
        ]

    @extend_schema_field(serializers.DictField())
    def get_answers(self, row: Classification) -> Any:
        """The answers by question."""
        return json.loads(row.answers)["answers"]

    @extend_schema_field(serializers.DictField())
    def get_result(self, row: Classification) -> Any:
        """What follows from them: roles, grounds, reasons, open questions."""
        return json.loads(row.result)

    def get_waits_for(self, row: Classification) -> list[str]:
        """Why another person has to agree."""
        return row.waits_for.splitlines()

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_decided_by(self, row: Classification) -> str | None:
        """Who confirmed or rejected it."""
        return row.decided_by.display_name if row.decided_by else None


class QuestionOut(serializers.Serializer[Any]):
    """A question."""

    id = serializers.CharField()
    ref = serializers.CharField()
    sentence = serializers.CharField()
    claim = serializers.CharField(allow_null=True, help_text="The answer that needs a reason.")
    applies_from = serializers.DateField(allow_null=True)


class SectionOut(serializers.Serializer[Any]):
    """Questions under one heading."""

    id = serializers.CharField()
    title = serializers.CharField()
    help = serializers.CharField()
    questions = QuestionOut(many=True)


class StandingOut(serializers.Serializer[Any]):
    """How a system is classified, and what is asked."""

    tier = serializers.CharField()
    in_force = ClassificationOut(allow_null=True)
    waiting = ClassificationOut(allow_null=True)
    rules_digest = serializers.CharField()
    rules_version = serializers.CharField()
    checked_on = serializers.DateField()
    disclaimer = serializers.CharField()
    sections = SectionOut(many=True)


class SignIn(StrictSerializer):
    """A signed word on an obligation."""

    state = serializers.ChoiceField(ObligationState.choices)
    reason = serializers.CharField(max_length=2000)
    role = serializers.ChoiceField(Role.choices, required=False, allow_null=True, default=None)


class SignedOut(serializers.ModelSerializer[ObligationDecision]):
    """A signed word."""

    decided_by = serializers.CharField(source="decided_by.display_name")

    class Meta:
        model = ObligationDecision
        fields = read_only_fields = [
            "id",
            "framework",
            "obligation",
            "number",
            "state",
            "reason",
            "basis_digest",
            "role",
            "decided_by",
            "decided_at",
        ]


class EvidenceOut(serializers.Serializer[Any]):
    """A kind of evidence, and whether it is there."""

    kind = serializers.CharField()
    words = serializers.CharField()
    there = serializers.BooleanField()


class ObligationOut(serializers.Serializer[Any]):
    """An obligation, and how it stands."""

    id = serializers.CharField(source="obligation.id")
    ref = serializers.CharField(source="obligation.ref")
    title = serializers.CharField(source="obligation.title")
    text = serializers.CharField(source="obligation.text")
    level = serializers.CharField(source="obligation.level")
    condition = serializers.CharField(source="obligation.condition", allow_blank=True)
    state = serializers.ChoiceField(["met", "open", "stale", "later"])
    sentence = serializers.CharField()
    starts = serializers.DateField(source="start", allow_null=True)
    conditional = serializers.BooleanField()
    owner_role = serializers.CharField(source="owner")
    evidence = EvidenceOut(many=True)
    signed = SignedOut(source="word", allow_null=True)


class CoverageOut(serializers.Serializer[Any]):
    """How the obligations of a framework stand."""

    framework = serializers.CharField(source="framework.id")
    name = serializers.CharField(source="framework.name")
    version = serializers.CharField(source="framework.version")
    digest = serializers.CharField(source="framework.digest")
    checked_on = serializers.DateField(source="framework.checked_on")
    disclaimer = serializers.CharField(source="framework.disclaimer")
    model_version = serializers.UUIDField(source="version.pk", allow_null=True, default=None)
    settled = serializers.BooleanField()
    others = serializers.IntegerField(help_text="Obligations that do not concern the system.")
    obligations = ObligationOut(source="rows", many=True)
