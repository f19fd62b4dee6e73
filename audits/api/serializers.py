"""Runs on the wire."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audits.models import AuditRun, CheckResult, Measurement
from audits.services import runs
from registry.api.base import StrictSerializer


class RunIn(StrictSerializer):
    """What asking for a run takes; mapping and checks add to what is registered, or stay with the defaults."""

    dataset_version = serializers.UUIDField()
    mapping = serializers.DictField(required=False, allow_null=True, default=None)
    checks = serializers.ListField(
        child=serializers.DictField(), required=False, allow_null=True, default=None, max_length=500
    )
    seed = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=0, max_value=runs.MAX_SEED
    )


class CheckOut(serializers.ModelSerializer[CheckResult]):
    """One verdict with its sentence."""

    verdict = serializers.ChoiceField(["passed", "failed", "insufficient", "errored"])

    class Meta:
        model = CheckResult
        fields = read_only_fields = ["name", "verdict", "sentence", "body"]


class RunOut(serializers.ModelSerializer[AuditRun]):
    """A run: how far it is, how it ended, and what each check says."""

    model_version = serializers.UUIDField(source="plan.model_version_id")
    dataset_version = serializers.UUIDField(source="plan.dataset_version_id")
    plan_digest = serializers.CharField(source="plan.digest")
    requested_by = serializers.CharField(source="requested_by.display_name")
    checks = CheckOut(source="check_results", many=True)
    url = serializers.SerializerMethodField()

    class Meta:
        model = AuditRun
        fields = read_only_fields = [
            "id",
            "state",
            "progress",
            "step",
            "error",
            "checks",
            "model_version",
            "dataset_version",
            "plan_digest",
            "seed",
            "code_version",
            "attempts",
            "requested_by",
            "requested_at",
            "started_at",
            "finished_at",
            "result_digest",
            "url",
        ]

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, run: AuditRun) -> str:
        """Where a person reads the evidence."""
        return settings.ASSAY_PUBLIC_URL + reverse("run", args=[run.pk])


class MeasurementOut(serializers.ModelSerializer[Measurement]):
    """One metric on one slice: a value with its interval, or the reason why there is none."""

    slice = serializers.DictField(child=serializers.CharField(allow_null=True))
    reason = serializers.SerializerMethodField()

    class Meta:
        model = Measurement
        fields = read_only_fields = ["code", "slice", "value", "reason", "low", "high", "n"]

    def get_reason(self, measurement: Measurement) -> str | None:
        """Null where there is a value."""
        return measurement.reason or None


class ResultOut(serializers.Serializer[Any]):
    """The sealed outcome: the canonical JSON text whose SHA-256 is the run's result digest."""

    checks = serializers.ListField(child=serializers.DictField())
    measurements = serializers.ListField(child=serializers.DictField())
    explanation = serializers.DictField(allow_null=True)
    explanation_failed = serializers.DictField(allow_null=True)
    settings = serializers.DictField()
    inputs = serializers.DictField()
    versions = serializers.DictField()
    read = serializers.DictField(allow_null=True)
    refused = serializers.DictField(allow_null=True)
    seed = serializers.IntegerField()
