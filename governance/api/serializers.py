"""Decisions on the wire: output shapes and strict inputs."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from governance.models import Decision, GateVerdict, Report
from governance.services.decisions import MAX_ENVIRONMENT
from governance.services.transitions import MAX_REASON
from registry.api.base import StrictSerializer

DIGEST = r"^sha256:[0-9a-f]{64}$"
VERDICTS = GateVerdict.choices


class QuestionIn(StrictSerializer):
    """What the gate is asked."""

    artifact_digest = serializers.RegexField(DIGEST)
    environment = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$", max_length=MAX_ENVIRONMENT)
    nonce = serializers.CharField(
        required=False,
        allow_null=True,
        default=None,
        max_length=200,
        help_text="Chosen anew for each question.",
    )
    system = serializers.SlugField(
        required=False, default="", max_length=80, help_text="Needed when several systems have these bytes."
    )
    model_version = serializers.UUIDField(required=False, allow_null=True, default=None)


class FindingOut(serializers.Serializer[Any]):
    """One line of the checklist."""

    code = serializers.CharField()
    state = serializers.ChoiceField(["met", "waived", "open", "insufficient", "stale"])
    sentence = serializers.CharField()
    requirement = serializers.CharField()
    owner_role = serializers.CharField()
    clears = serializers.CharField(allow_blank=True)
    alternative = serializers.CharField(
        allow_blank=True, required=False, help_text="What may be asked for instead."
    )


class PolicyReferenceOut(serializers.Serializer[Any]):
    """Which policy was decided under."""

    name = serializers.CharField()
    version = serializers.IntegerField()
    digest = serializers.CharField()


class SignatureOut(serializers.Serializer[Any]):
    """A signature of an envelope."""

    keyid = serializers.CharField()
    sig = serializers.CharField()


class EnvelopeOut(serializers.Serializer[Any]):
    """A DSSE envelope with an in-toto statement."""

    payloadType = serializers.CharField()
    payload = serializers.CharField()
    signatures = SignatureOut(many=True)


class AnswerOut(serializers.Serializer[Any]):
    """The gate's answer."""

    decision_id = serializers.UUIDField()
    verdict = serializers.ChoiceField(VERDICTS)
    artifact_digest = serializers.CharField()
    environment = serializers.CharField()
    transition = serializers.CharField(allow_blank=True)
    subject_digest = serializers.CharField(allow_blank=True)
    policy = PolicyReferenceOut(allow_null=True)
    findings = FindingOut(many=True)
    unblock_plan = serializers.ListField(child=serializers.CharField())
    waivers = serializers.ListField(child=serializers.CharField())
    decided_at = serializers.DateTimeField()
    first_decided_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    nonce = serializers.CharField(allow_null=True)
    receipt_url = serializers.URLField()
    url = serializers.URLField()
    attestation = EnvelopeOut(allow_null=True)


class KeyOut(serializers.Serializer[Any]):
    """The public key of verdicts; `key` is what a client pins."""

    algorithm = serializers.CharField()
    verifier = serializers.CharField()
    key = serializers.CharField()
    further_keys = serializers.ListField(child=serializers.CharField())


class DecisionOut(serializers.ModelSerializer[Decision]):
    """A stored decision with what it was decided from."""

    decision_id = serializers.UUIDField(source="pk")
    outcome = serializers.SerializerMethodField()
    dossier = serializers.SerializerMethodField()

    class Meta:
        model = Decision
        fields = read_only_fields = [
            "decision_id",
            "system",
            "model_version",
            "artifact_digest",
            "environment",
            "transition",
            "verdict",
            "subject_digest",
            "policy_name",
            "policy_digest",
            "policy_body",
            "outcome",
            "dossier",
            "dossier_digest",
            "decided_at",
            "expires_at",
        ]

    @extend_schema_field(serializers.DictField())
    def get_outcome(self, decision: Decision) -> Any:
        """Verdict, findings and plan."""
        return json.loads(decision.outcome)

    @extend_schema_field(serializers.DictField())
    def get_dossier(self, decision: Decision) -> Any:
        """The facts."""
        return json.loads(decision.dossier)


class TransitionIn(StrictSerializer):
    """A step to take."""

    to = serializers.CharField(max_length=30)
    reason = serializers.CharField(max_length=MAX_REASON, default="", allow_blank=True)


class OptionOut(serializers.Serializer[Any]):
    """A step that leaves the present stage, and what stands in its way."""

    to = serializers.CharField()
    gate = serializers.CharField(allow_null=True)
    permitted = serializers.BooleanField()
    possible = serializers.BooleanField()
    verdict = serializers.ChoiceField(VERDICTS, allow_null=True)
    findings = FindingOut(many=True)
    unblock_plan = serializers.ListField(child=serializers.CharField())


class ReasonIn(StrictSerializer):
    """A reason."""

    reason = serializers.CharField(max_length=MAX_REASON)


class ReportIn(StrictSerializer):
    """Which report."""

    kind = serializers.CharField(max_length=60)


class ReportOut(serializers.ModelSerializer[Report]):
    """A report: how far it is, and the digests of what was written."""

    requested_by = serializers.CharField(source="requested_by.display_name")

    class Meta:
        model = Report
        fields = read_only_fields = [
            "id",
            "model_version",
            "kind",
            "state",
            "basis_digest",
            "pdf_digest",
            "twin_digest",
            "error",
            "requested_by",
            "requested_at",
            "finished_at",
        ]
