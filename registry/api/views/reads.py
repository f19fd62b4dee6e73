"""Who has read what."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry import selectors
from registry.api.base import Endpoint
from registry.api.pagination import NewestFirst
from registry.api.views.log import ORGANISATION
from registry.errors import Invalid
from registry.models import Read
from registry.services import reads

FILTERS = [
    OpenApiParameter("person", str, description="User name or identifier of who read."),
    OpenApiParameter("object", OpenApiTypes.UUID, description="What was read."),
    OpenApiParameter("what", str, enum=sorted(reads.KINDS), description="Which kind of reading."),
    OpenApiParameter("since", OpenApiTypes.DATE),
    OpenApiParameter("until", OpenApiTypes.DATE, description="The last day that counts."),
]


class ByNumber(NewestFirst):
    """Pages of readings."""

    ordering = ("-id",)


class ReadOut(serializers.ModelSerializer[Read]):
    """One reading: identifiers, and the name that they have today."""

    number = serializers.IntegerField(source="pk")
    actor_name = serializers.SerializerMethodField()

    class Meta:
        model = Read
        fields = read_only_fields = [
            "number", "at", "actor_kind", "actor_id", "actor_name", "way", "what", "object_kind", "object_id",
            "system_id",
        ]  # fmt: skip

    def get_actor_name(self, row: Read) -> str | None:
        """What they are called today; none of whoever was erased."""
        names: dict[str, str] = self.context["names"]
        return names.get(row.actor_id)


class Reads(Endpoint):
    """Who has read what."""

    pagination_class = ByNumber

    @extend_schema(
        operation_id="list_reads", parameters=[ORGANISATION, *FILTERS], responses=ReadOut(many=True)
    )
    def get(self, request: Request) -> Response:
        """Readings, newest first; asking for them is one too."""
        organisation = selectors.organisation_for(self.actor, request.query_params.get("organisation"))
        wanted, wrong = reads.wanted(organisation, request.query_params)
        rows = reads.told(self.actor, organisation, wanted)
        if wrong:
            raise Invalid(" ".join(wrong.values()), errors=list(wrong.items()))
        paginator = self.pagination_class()
        found: list[Any] = paginator.paginate_queryset(rows, request, view=self) or []
        reads.note(self.actor, "reads.list", organisation)
        shown = ReadOut(found, many=True, context={"names": reads.names(found)})
        return paginator.get_paginated_response(shown.data)
