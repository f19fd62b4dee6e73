"""What every endpoint shares: the actor, strict input, cursor pages."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from registry.actors import Actor
from registry.api.idempotency import answered_once
from registry.api.pagination import NewestFirst
from registry.models import ApiToken


class StrictSerializer(serializers.Serializer[Any]):
    """Input in which a field that nobody declared is an error, not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse unknown fields before looking at the known ones."""
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            known = ", ".join(sorted(self.fields))
            raise serializers.ValidationError(
                {name: [f"Unknown field. Known fields: {known}."] for name in unknown}
            )
        return super().to_internal_value(data)


class Endpoint(APIView):
    """A view that knows its actor. `create` in a subclass is run once per Idempotency-Key."""

    pagination_class: type[CursorPagination] = NewestFirst

    @property
    def actor(self) -> Actor:
        """Who is calling; a token acts in its own organisation only."""
        token = self.request.auth
        return Actor.of(self.request.user, token.organisation_id if isinstance(token, ApiToken) else None)

    def read(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The validated input."""
        parsed = serializer(data=self.request.data)
        parsed.is_valid(raise_exception=True)
        return dict(parsed.validated_data)

    def page(self, rows: QuerySet[Any], serializer: type[serializers.BaseSerializer[Any]]) -> Response:
        """One cursor page of rows."""
        paginator = self.pagination_class()
        found = paginator.paginate_queryset(rows, self.request, view=self)
        return paginator.get_paginated_response(serializer(found, many=True).data)


class WriteEndpoint(Endpoint):
    """An endpoint whose POST is a write: subclasses implement `create`."""

    def post(self, request: Request, **kwargs: Any) -> Response:
        """Carry out the write once per Idempotency-Key."""
        return answered_once(request, lambda: self.create(request, **kwargs))

    def create(self, request: Request, **kwargs: Any) -> Response:
        """The write itself."""
        raise NotImplementedError
