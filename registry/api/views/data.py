"""Endpoints of artifacts, datasets and their snapshots."""

import uuid
from typing import Any, BinaryIO, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from registry import selectors
from registry.api import serializers as shapes
from registry.api.base import Endpoint, WithoutBody, WriteEndpoint
from registry.api.pagination import LockPages
from registry.api.views.systems import OfSystem
from registry.errors import Invalid
from registry.models import Dataset, DatasetVersion, SchemaLock
from registry.services import artifacts, datasets, schemas

ORGANISATION = OpenApiParameter(
    "organisation", str, description="Short name; may be left out when you are in one."
)


class RawBytes(BaseParser):
    """Leaves the body as the stream it is."""

    media_type = "application/octet-stream"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The stream itself."""
        return stream


class Artifacts(Endpoint):
    """Bytes by digest."""

    parser_classes = [RawBytes]

    @extend_schema(
        operation_id="upload_artifact",
        parameters=[ORGANISATION, OpenApiParameter("X-Assay-Digest", str, OpenApiParameter.HEADER)],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: shapes.ArtifactOut, 200: shapes.ArtifactOut},
    )
    def post(self, request: Request) -> Response:
        """Upload bytes as the raw body; the same bytes are kept once."""
        organisation = selectors.organisation_for(self.actor, request.query_params.get("organisation"))
        if not (length := request.META.get("CONTENT_LENGTH", "")).isdigit():
            raise Invalid("Send the body with a Content-Length.", code="artifact.length_required")
        artifact, created = artifacts.store(
            actor=self.actor,
            organisation=organisation,
            stream=cast("BinaryIO", request._request),
            expected=request.headers.get("X-Assay-Digest"),
            size=int(length),
        )
        return Response(shapes.ArtifactOut(artifact).data, status=201 if created else 200)


class Datasets(OfSystem):
    """Datasets of a system."""

    @extend_schema(operation_id="list_datasets", responses=shapes.DatasetOut(many=True))
    def get(self, request: Request, system_id: uuid.UUID) -> Response:
        """Datasets of a system."""
        return self.page(Dataset.objects.filter(system=self.system(system_id)), shapes.DatasetOut)

    @extend_schema(operation_id="register_dataset", request=shapes.NameIn, responses={201: shapes.DatasetOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Name a dataset."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Name a dataset."""
        system, data = self.system(kwargs["system_id"]), self.read(shapes.NameIn)
        dataset = datasets.register(
            actor=self.actor, system=system, slug=data["name"], description=data["description"]
        )
        return Response(shapes.DatasetOut(dataset).data, status=201)


class DatasetVersions(WriteEndpoint):
    """Snapshots of a dataset."""

    @extend_schema(operation_id="list_dataset_versions", responses=shapes.DatasetVersionOut(many=True))
    def get(self, request: Request, dataset_id: uuid.UUID) -> Response:
        """Snapshots, newest first."""
        dataset = selectors.get(Dataset.objects.all(), self.actor, pk=dataset_id)
        rows = DatasetVersion.objects.filter(dataset=dataset).select_related("dataset", "artifact")
        return self.page(rows, shapes.DatasetVersionOut)

    @extend_schema(
        operation_id="register_dataset_version",
        request=shapes.DatasetVersionIn,
        responses={201: shapes.DatasetVersionOut},
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Register a snapshot; the same name with other bytes is a conflict."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Register a snapshot."""
        actor, data = self.actor, self.read(shapes.DatasetVersionIn)
        dataset = selectors.get(Dataset.objects.select_related("system"), actor, pk=kwargs["dataset_id"])
        artifact = selectors.artifact(actor, dataset.system, data.pop("artifact_digest"))
        parents = [selectors.get(DatasetVersion.objects.all(), actor, pk=pk) for pk in data.pop("parents")]
        snapshot = datasets.register_version(
            actor=actor, dataset=dataset, artifact=artifact, parents=parents, **data
        )
        return Response(shapes.DatasetVersionOut(snapshot).data, status=201)


class SchemaLocks(WithoutBody, WriteEndpoint):
    """Locks on the columns of a dataset."""

    pagination_class = LockPages

    @extend_schema(operation_id="list_schema_locks", responses=shapes.SchemaLockOut(many=True))
    def get(self, request: Request, dataset_id: uuid.UUID) -> Response:
        """Locks, newest first; the one without `released_at` is in force."""
        dataset = selectors.get(Dataset.objects.all(), self.actor, pk=dataset_id)
        rows = SchemaLock.objects.filter(dataset=dataset).select_related("locked_by", "released_by")
        return self.page(rows, shapes.SchemaLockOut)

    @extend_schema(operation_id="lock_schema", request=None, responses={201: shapes.SchemaLockOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Lock the columns of the newest version: further versions must have the same."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Lock the columns."""
        dataset = selectors.get(Dataset.objects.select_related("system"), self.actor, pk=kwargs["dataset_id"])
        return Response(
            shapes.SchemaLockOut(schemas.lock(actor=self.actor, dataset=dataset)).data, status=201
        )


class ReleaseSchema(WriteEndpoint):
    """The end of a lock."""

    @extend_schema(
        operation_id="release_schema", request=shapes.ReleaseIn, responses={200: shapes.SchemaLockOut}
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Release the columns for a reason; not by who registered the newest version."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Release the columns."""
        dataset = selectors.get(Dataset.objects.select_related("system"), self.actor, pk=kwargs["dataset_id"])
        data = self.read(shapes.ReleaseIn)
        released = schemas.release(actor=self.actor, dataset=dataset, reason=data["reason"])
        return Response(shapes.SchemaLockOut(released).data)
