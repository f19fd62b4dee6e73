"""Runs on the wire."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audits.models import AuditRun, CheckPlan, CheckResult, Deviation, Measurement, Reproduction
from audits.services import deviations, plans
from registry.api.base import StrictSerializer


class PlanIn(StrictSerializer):
    """What a plan seals; mapping and checks add to what is registered, or stay with the defaults."""

    dataset_version = serializers.UUIDField()
    mapping = serializers.DictField(required=False, allow_null=True, default=None)
    checks = serializers.ListField(
        child=serializers.DictField(), required=False, allow_null=True, default=None, max_length=500
    )
    seed = serializers.IntegerField(required=False, default=0, min_value=0, max_value=plans.MAX_SEED)
    tolerance = serializers.DictField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=deviations.MAX_REASON
    )


class ExecutionIn(StrictSerializer):
    """What asking for one execution of a plan takes; with another seed than the plan's it is exploratory."""

    seed = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=0, max_value=plans.MAX_SEED
    )


class DeviationOut(serializers.ModelSerializer[Deviation]):
    """What a plan loosens of an earlier one, and what became of it."""

    rows = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    opened_by = serializers.CharField(source="opened_by.display_name")

    class Meta:
        model = Deviation
        fields = read_only_fields = [
            "id",
            "old_plan",
            "new_plan",
            "rows",
            "digest",
            "reason",
            "state",
            "opened_by",
            "opened_at",
            "settled_at",
        ]


class PlanOut(serializers.ModelSerializer[CheckPlan]):
    """A sealed plan; `body` is the canonical JSON text whose SHA-256 is the digest."""

    sealed_by = serializers.CharField(source="sealed_by.display_name")
    deviations = DeviationOut(many=True)

    class Meta:
        model = CheckPlan
        fields = read_only_fields = [
            "id",
            "digest",
            "model_version",
            "dataset_version",
            "seed",
            "body",
            "sealed_by",
            "sealed_at",
            "deviations",
        ]


class CheckOut(serializers.ModelSerializer[CheckResult]):
    """One verdict with its sentence."""

    verdict = serializers.ChoiceField(["passed", "failed", "insufficient", "errored"])

    class Meta:
        model = CheckResult
        fields = read_only_fields = ["name", "verdict", "sentence", "body"]


class ReproductionOut(serializers.ModelSerializer[Reproduction]):
    """How a run made again compares with the original."""

    tolerance = serializers.DictField(child=serializers.CharField())
    differences = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    by = serializers.CharField(source="rerun.requested_by.display_name")

    class Meta:
        model = Reproduction
        fields = read_only_fields = [
            "rerun",
            "matched",
            "same_digest",
            "same_code",
            "tolerance",
            "differences",
            "difference_count",
            "by",
            "compared_at",
        ]


class RunOut(serializers.ModelSerializer[AuditRun]):
    """A run: how far it is, how it ended, and what each check says."""

    model_version = serializers.UUIDField(source="plan.model_version_id")
    dataset_version = serializers.UUIDField(source="plan.dataset_version_id")
    plan_digest = serializers.CharField(source="plan.digest")
    exploratory = serializers.BooleanField()
    reproductions = ReproductionOut(many=True)
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
            "plan",
            "plan_digest",
            "exploratory",
            "reproduces",
            "reproductions",
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
