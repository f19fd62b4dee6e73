"""Facts on the wire: output shapes and strict inputs."""

from typing import Any

from rest_framework import serializers

from registry.api.base import StrictSerializer
from registry.models import (
    Artifact,
    Dataset,
    DatasetVersion,
    Document,
    Model,
    ModelVersion,
    SchemaLock,
    System,
)
from registry.services.documents import KINDS
from registry.stages import RiskTier


class SystemOut(serializers.ModelSerializer[System]):
    """An AI system."""

    organisation = serializers.CharField(source="organisation.slug")
    owner = serializers.CharField(source="owner.display_name")

    class Meta:
        model = System
        fields = [
            "id",
            "organisation",
            "slug",
            "name",
            "purpose",
            "owner",
            "risk_tier",
            "provider_role",
            "jurisdictions",
            "stage",
            "created_at",
        ]


class SystemIn(StrictSerializer):
    """What registering a system takes."""

    organisation = serializers.SlugField(
        required=False, help_text="Short name; may be left out when you are in one."
    )
    slug = serializers.SlugField(max_length=80)
    name = serializers.CharField(max_length=200)
    purpose = serializers.CharField(max_length=20_000)
    risk_tier = serializers.ChoiceField(RiskTier.choices)
    provider_role = serializers.CharField(max_length=30, default="provider")
    jurisdictions = serializers.ListField(
        child=serializers.CharField(max_length=20), default=list, max_length=50
    )


class DocumentOut(serializers.ModelSerializer[Document]):
    """One version of a document."""

    author = serializers.CharField(source="author.display_name")
    missing = serializers.SerializerMethodField()

    class Meta:
        model = Document
        fields = [
            "id",
            "system",
            "model_version",
            "kind",
            "number",
            "title",
            "content",
            "missing",
            "digest",
            "author",
            "created_at",
        ]

    def get_missing(self, document: Document) -> list[str]:
        """Sections that its kind must have and that it lacks."""
        return list(document.outline.get("missing", ()))


class DocumentIn(StrictSerializer):
    """What adding a document takes; `content` is text or an object of section → text."""

    kind = serializers.ChoiceField(sorted(KINDS.items()))
    title = serializers.CharField(max_length=200)
    content = serializers.JSONField()
    model_version = serializers.UUIDField(required=False, allow_null=True, default=None)


class ArtifactOut(serializers.ModelSerializer[Artifact]):
    """Stored bytes."""

    class Meta:
        model = Artifact
        fields = ["digest", "size", "created_at"]


class NameIn(StrictSerializer):
    """A name and a description."""

    name = serializers.SlugField(max_length=80)
    description = serializers.CharField(max_length=20_000, default="", allow_blank=True)


class DatasetOut(serializers.ModelSerializer[Dataset]):
    """A dataset."""

    name = serializers.CharField(source="slug")

    class Meta:
        model = Dataset
        fields = ["id", "system", "name", "description", "created_at"]


class ColumnIn(StrictSerializer):
    """One column of a snapshot."""

    name = serializers.CharField(max_length=300, trim_whitespace=False)
    role = serializers.CharField(max_length=20, default="other")
    type = serializers.CharField(max_length=20, default="text")


class ContractIn(StrictSerializer):
    """The rest of the audit mapping of a snapshot."""

    task = serializers.ChoiceField(["binary", "multiclass", "regression"], default="binary")
    positive = serializers.CharField(max_length=200, required=False, trim_whitespace=False)
    favourable = serializers.CharField(max_length=200, required=False, trim_whitespace=False)
    missing = serializers.ListField(
        child=serializers.CharField(max_length=50, allow_blank=True), required=False
    )
    reference = serializers.DictField(child=serializers.CharField(max_length=300), required=False)
    threshold = serializers.FloatField(required=False, min_value=0, max_value=1)


class DatasetVersionIn(StrictSerializer):
    """What registering a snapshot takes."""

    version = serializers.CharField(max_length=60)
    artifact_digest = serializers.CharField(max_length=71)
    format = serializers.ChoiceField(["csv", "parquet"])
    columns = ColumnIn(many=True)
    contract = ContractIn(required=False)
    parents = serializers.ListField(child=serializers.UUIDField(), default=list, max_length=100)


class DatasetVersionOut(serializers.ModelSerializer[DatasetVersion]):
    """A snapshot."""

    dataset = serializers.CharField(source="dataset.slug")
    digest = serializers.CharField(source="artifact.digest")

    class Meta:
        model = DatasetVersion
        fields = ["id", "dataset", "version", "digest", "format", "columns", "contract", "created_at"]


class SchemaLockOut(serializers.ModelSerializer[SchemaLock]):
    """A lock on the columns of a dataset."""

    locked_by = serializers.CharField(source="locked_by.display_name")
    released_by = serializers.CharField(source="released_by.display_name", allow_null=True, default=None)

    class Meta:
        model = SchemaLock
        fields = read_only_fields = [
            "id",
            "dataset",
            "columns",
            "contract",
            "columns_digest",
            "locked_by",
            "locked_at",
            "released_by",
            "released_at",
            "release_reason",
        ]


class ReleaseIn(StrictSerializer):
    """What releasing a lock takes."""

    reason = serializers.CharField(max_length=2000)


class ModelOut(serializers.ModelSerializer[Model]):
    """A model."""

    name = serializers.CharField(source="slug")

    class Meta:
        model = Model
        fields = ["id", "system", "name", "description", "created_at"]


class TrainingIn(StrictSerializer):
    """How the model came to be."""

    code_commit = serializers.CharField(max_length=100, required=False)
    environment_digest = serializers.CharField(max_length=100, required=False)
    parameters = serializers.DictField(required=False)
    metrics = serializers.DictField(required=False)
    features = serializers.ListField(child=serializers.CharField(max_length=300), required=False)


class ModelVersionIn(StrictSerializer):
    """What registering a model version takes."""

    version = serializers.CharField(max_length=60)
    artifact_digest = serializers.CharField(max_length=71)
    format = serializers.CharField(max_length=30)
    training = TrainingIn(required=False)
    dataset_versions = serializers.ListField(child=serializers.UUIDField(), default=list, max_length=100)
    parents = serializers.ListField(child=serializers.UUIDField(), default=list, max_length=100)


class ModelVersionOut(serializers.ModelSerializer[ModelVersion]):
    """A model version."""

    model = serializers.CharField(source="model.slug")
    system = serializers.CharField(source="model.system.slug")
    digest = serializers.CharField(source="artifact.digest")

    class Meta:
        model = ModelVersion
        fields = ["id", "system", "model", "version", "digest", "format", "training", "stage", "created_at"]


class LedgerEntryOut(serializers.Serializer[Any]):
    """One entry: the exact bytes that were hashed, as text, and their leaf hash."""

    index = serializers.IntegerField()
    event = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    body = serializers.SerializerMethodField()
    leaf_hash = serializers.SerializerMethodField()

    def get_body(self, entry: Any) -> str:
        """The canonical JSON text."""
        return bytes(entry.body).decode()

    def get_leaf_hash(self, entry: Any) -> str:
        """RFC 6962 leaf hash, hexadecimal."""
        return bytes(entry.leaf_hash).hex()
