"""Endpoints of systems and their documents, and who the caller is."""

import uuid
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from registry import selectors
from registry.api import serializers as shapes
from registry.api.base import Endpoint, WriteEndpoint
from registry.models import Document, ModelVersion, System
from registry.services import documents, reads, systems
from registry.stages import RiskTier

SLUG = OpenApiParameter("slug", str, description="Only the one with this short name.")


class Me(Endpoint):
    """Who the caller is."""

    @extend_schema(operation_id="me", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Name, kind, and organisations of the caller."""
        actor = self.actor
        found = selectors.organisations_of(actor)
        return Response(
            {"id": actor.id, "name": actor.name, "kind": actor.kind, "organisations": [o.slug for o in found]}
        )


class Systems(WriteEndpoint):
    """The inventory."""

    @extend_schema(operation_id="list_systems", parameters=[SLUG], responses=shapes.SystemOut(many=True))
    def get(self, request: Request) -> Response:
        """Systems you can see."""
        rows = System.objects.visible_to(self.actor).select_related("organisation", "owner")
        if slug := request.query_params.get("slug"):
            rows = rows.filter(slug=slug)
        return self.page(rows, shapes.SystemOut)

    @extend_schema(operation_id="register_system", request=shapes.SystemIn, responses={201: shapes.SystemOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Register a system."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Register a system."""
        data = self.read(shapes.SystemIn)
        organisation = selectors.organisation_for(self.actor, data.pop("organisation", None))
        data["risk_tier"] = RiskTier(data["risk_tier"])
        system = systems.register(actor=self.actor, organisation=organisation, **data)
        return Response(shapes.SystemOut(system).data, status=201)


class SystemDetail(Endpoint):
    """One system."""

    @extend_schema(operation_id="get_system", responses=shapes.SystemOut)
    def get(self, request: Request, system_id: uuid.UUID) -> Response:
        """One system."""
        return Response(shapes.SystemOut(selectors.get(System.objects.all(), self.actor, pk=system_id)).data)


class OfSystem(WriteEndpoint):
    """Shared by the collections inside a system."""

    def system(self, system_id: uuid.UUID) -> System:
        """The system, if it exists for the caller."""
        return selectors.get(System.objects.all(), self.actor, pk=system_id)


class Documents(OfSystem):
    """Documents of a system."""

    @extend_schema(operation_id="list_documents", responses=shapes.DocumentOut(many=True))
    def get(self, request: Request, system_id: uuid.UUID) -> Response:
        """Every version of every document."""
        system = self.system(system_id)
        rows = Document.objects.filter(system=system).select_related("author")
        reads.note(self.actor, "documents.list", system)
        return self.page(rows, shapes.DocumentOut)

    @extend_schema(
        operation_id="add_document", request=shapes.DocumentIn, responses={201: shapes.DocumentOut}
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Add the next version of a document."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Add the next version of a document."""
        system, data = self.system(kwargs["system_id"]), self.read(shapes.DocumentIn)
        if (version_id := data.pop("model_version")) is not None:
            data["model_version"] = selectors.get(
                ModelVersion.objects.select_related("model"), self.actor, pk=version_id
            )
        document = documents.add(actor=self.actor, system=system, **data)
        return Response(shapes.DocumentOut(document).data, status=201)
