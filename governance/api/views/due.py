"""Everything with a date."""

import base64
import binascii
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from governance.services import due as services
from governance.services.due import KINDS, Due, Scope
from registry.api.base import Endpoint
from registry.api.pagination import NewestFirst
from registry.errors import Invalid


class DueOut(serializers.Serializer[Any]):
    """One thing to do by a day."""

    kind = serializers.ChoiceField(sorted(KINDS))
    subject_id = serializers.UUIDField(
        help_text="The model version, approval request or other thing it is about."
    )
    system = serializers.CharField(source="system.slug")
    what = serializers.CharField()
    todo = serializers.CharField()
    due_at = serializers.DateTimeField()
    mine = serializers.BooleanField()
    url = serializers.CharField(help_text="The page where it is done.")


class SoonestFirst(NewestFirst):
    """Pages of a list that is made, not stored: the cursor is the place after the last line."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The lines after the cursor's place, one page of them."""
        self.base_url = request.build_absolute_uri()
        size = self.get_page_size(request) or self.page_size
        after = _place(request.query_params.get(self.cursor_query_param, ""))
        rest = [line for line in queryset if line["order"] > after]
        self.page = rest[:size]
        self.following = self.page[-1]["order"] if len(rest) > size else None
        return self.page

    def get_next_link(self) -> str | None:
        """The address of the next page."""
        if self.following is None:
            return None
        cursor = base64.urlsafe_b64encode("|".join(self.following).encode()).decode()
        return replace_query_param(str(self.base_url), self.cursor_query_param, cursor)

    def get_previous_link(self) -> str | None:
        """A list that is made goes forward only."""
        return None


def _place(cursor: str) -> tuple[str, ...]:
    if not cursor:
        return ()
    try:
        place = tuple(base64.urlsafe_b64decode(cursor.encode()).decode().split("|"))
    except (binascii.Error, ValueError) as error:
        raise _wrong("cursor", "is none that this list gave") from error
    if len(place) != 3:
        raise _wrong("cursor", "is none that this list gave")
    return place


def _wrong(name: str, words: str) -> Invalid:
    return Invalid(f"“{name}” {words}.", errors=[(name, words)])


class DueList(Endpoint):
    """What is due."""

    pagination_class = SoonestFirst

    @extend_schema(
        operation_id="list_due",
        parameters=[
            OpenApiParameter("mine", str, enum=["true", "false"]),
            OpenApiParameter("system", str, description="Short name of a system."),
        ],
        responses=DueOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """Everything with a date that you can see, soonest first."""
        mine, system = request.query_params.get("mine", "false"), request.query_params.get("system", "")
        if mine not in ("true", "false"):
            raise _wrong("mine", "is true or false")
        lines = [
            _plain(line, mine=self.actor.user.pk in line.people)
            for line in services.items(Scope(actor=self.actor))
            if system in ("", line.system.slug)
        ]
        chosen: Any = [line for line in lines if mine == "false" or line["mine"]]
        return self.page(chosen, DueOut)


def _plain(line: Due, *, mine: bool) -> dict[str, Any]:
    names = ("kind", "subject_id", "system", "what", "todo", "due_at", "url", "order")
    return {**{name: getattr(line, name) for name in names}, "mine": mine}
