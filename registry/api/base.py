"""What every endpoint shares: the actor, strict input, cursor pages."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from registry.access import check, sessions
from registry.actors import Actor
from registry.api.idempotency import answered_once
from registry.api.pagination import NewestFirst
from registry.models import ApiToken

MAX_DEPTH = 30


def refuse_unwritable(value: Any, depth: int = 0) -> None:
    """Refuse text that no database can hold (NUL, half a surrogate pair) and nesting that no person wrote."""
    if depth > MAX_DEPTH:
        raise _unwritable(f"The data are nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str) and any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in value):
        raise _unwritable("A text holds a NUL character or half of a surrogate pair.")
    if isinstance(value, dict):
        for key, item in value.items():
            refuse_unwritable(key, depth + 1)
            refuse_unwritable(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            refuse_unwritable(item, depth + 1)


def _unwritable(message: str) -> serializers.ValidationError:
    # As an object: of a bare text the framework makes a list, and stumbles over it.
    return serializers.ValidationError({"non_field_errors": [message]})


class StrictSerializer(serializers.Serializer[Any]):
    """Input in which a field that nobody declared is an error, not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse unknown fields, and text nobody can keep, before looking at the known ones."""
        try:
            refuse_unwritable(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({"non_field_errors": error.detail}) from error
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
        if isinstance(token, ApiToken):
            user = token.user
            proven = token.second_factor or user.is_service  # machines have none to show
            return Actor.of(user, token.organisation_id, token.limits, second_factor=proven)
        return sessions.actor(self.request)

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


class WithoutBody(Endpoint):
    """An endpoint whose POST says everything with its address: a field beside it is refused, not ignored."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Look at the body once it is known who calls."""
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and (sent := request.data):
            names = sorted(map(str, sent)) if isinstance(sent, dict) else ["non_field_errors"]
            raise serializers.ValidationError({name: ["Unknown field. This takes none."] for name in names})


class WriteEndpoint(Endpoint):
    """An endpoint whose POST is a write: subclasses implement `create`."""

    def post(self, request: Request, **kwargs: Any) -> Response:
        """Carry out the write once per Idempotency-Key."""
        if check.lacks_factor(self.actor):
            return self.create(request, **kwargs)  # the service refuses, whatever was answered before
        return answered_once(request, lambda: self.create(request, **kwargs))

    def create(self, request: Request, **kwargs: Any) -> Response:
        """The write itself."""
        raise NotImplementedError
