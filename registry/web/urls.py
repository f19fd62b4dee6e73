"""Pages of facts."""

from django.urls import path

from registry.web import log

urlpatterns = [path("log", log.log, name="log")]
