"""Endpoints of models and their versions."""

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from registry import selectors
from registry.api import serializers as shapes
from registry.api.base import Endpoint, WriteEndpoint
from registry.api.views.systems import OfSystem
from registry.models import DatasetVersion, Model, ModelVersion
from registry.services import versions


class Models(OfSystem):
    """Models of a system."""

    @extend_schema(operation_id="list_models", responses=shapes.ModelOut(many=True))
    def get(self, request: Request, system_id: uuid.UUID) -> Response:
        """Models of a system."""
        return self.page(Model.objects.filter(system=self.system(system_id)), shapes.ModelOut)

    @extend_schema(operation_id="register_model", request=shapes.NameIn, responses={201: shapes.ModelOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Name a model."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Name a model."""
        system, data = self.system(kwargs["system_id"]), self.read(shapes.NameIn)
        model = versions.register(
            actor=self.actor, system=system, slug=data["name"], description=data["description"]
        )
        return Response(shapes.ModelOut(model).data, status=201)


class RegisterModelVersion(WriteEndpoint):
    """Versions of one model."""

    @extend_schema(
        operation_id="register_model_version",
        request=shapes.ModelVersionIn,
        responses={201: shapes.ModelVersionOut},
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Register a model version; the same name with other bytes is a conflict."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Register a model version."""
        actor, data = self.actor, self.read(shapes.ModelVersionIn)
        model = selectors.get(Model.objects.select_related("system"), actor, pk=kwargs["model_id"])
        artifact = selectors.artifact(actor, model.system, data.pop("artifact_digest"))
        snapshots = DatasetVersion.objects.select_related("dataset")
        data["dataset_versions"] = [selectors.get(snapshots, actor, pk=pk) for pk in data["dataset_versions"]]
        ancestors = ModelVersion.objects.select_related("model")
        data["parents"] = [selectors.get(ancestors, actor, pk=pk) for pk in data["parents"]]
        version = versions.register_version(actor=actor, model=model, artifact=artifact, **data)
        return Response(shapes.ModelVersionOut(version).data, status=201)


class ModelVersions(Endpoint):
    """Model versions over all systems."""

    @extend_schema(
        operation_id="list_model_versions",
        parameters=[
            OpenApiParameter("digest", str),
            OpenApiParameter("system", str, description="Short name."),
        ],
        responses=shapes.ModelVersionOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """Model versions you can see, by digest or system."""
        rows = ModelVersion.objects.visible_to(self.actor).select_related("artifact", "model__system")
        if digest := request.query_params.get("digest"):
            rows = rows.filter(artifact__digest=digest)
        if slug := request.query_params.get("system"):
            rows = rows.filter(model__system__slug=slug)
        return self.page(rows, shapes.ModelVersionOut)


class ModelVersionDetail(Endpoint):
    """One model version."""

    @extend_schema(operation_id="get_model_version", responses=shapes.ModelVersionOut)
    def get(self, request: Request, version_id: uuid.UUID) -> Response:
        """One model version."""
        rows = ModelVersion.objects.select_related("artifact", "model__system")
        return Response(shapes.ModelVersionOut(selectors.get(rows, self.actor, pk=version_id)).data)
