"""Every route of the service."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularJSONAPIView

from governance.web import health

api_routes: list[URLPattern | URLResolver] = [
    path("", include("registry.api.urls")),
    path("", include("audits.api.urls")),
    path("", include("governance.api.urls")),
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include(api_routes)),
    path("accounts/", include("governance.web.account_urls")),
    path("", include("governance.web.urls")),
    path("", include("governance.web.people_urls")),
    path("", include("audits.web.urls")),
    path("", include("registry.web.urls")),
    path("livez", health.live),
    path("readyz", health.ready),
]
# Django looks these up by name when no route matches, or when a view crashes.
handler404 = "governance.web.errors.not_found"
handler500 = "governance.web.errors.crashed"
