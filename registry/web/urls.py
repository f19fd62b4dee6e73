"""Pages of facts."""

from django.urls import path

from registry.web import checkpoints, entry, log

urlpatterns = [
    path("log", log.log, name="log"),
    path("log/entry", entry.entry, name="log-entry"),
    path("log/checkpoints", checkpoints.checkpoints, name="log-checkpoints"),
]
