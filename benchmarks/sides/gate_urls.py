"""The product's addresses and the bare one."""

from django.urls import include, path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.base import Endpoint


class Bare(Endpoint):
    """The framework alone: no caller, no database, no work."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def post(self, request: Request) -> Response:
        """Read the JSON and answer."""
        return Response({"read": len(request.data)})


urlpatterns = [path("bare", Bare.as_view()), path("", include("governance.urls"))]
