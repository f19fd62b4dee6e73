"""Pages of facts."""

from django.urls import path

from registry.web import checkpoints, entry, log, reads

urlpatterns = [
    path("log", log.log, name="log"),
    path("log/entry", entry.entry, name="log-entry"),
    path("log/checkpoints", checkpoints.checkpoints, name="log-checkpoints"),
    path("log/reads", reads.who_read_what, name="log-reads"),
    path("log/reopenings", checkpoints.ask_reopening, name="ask-reopening"),
    path(
        "log/reopenings/<uuid:reopening_id>/confirm",
        checkpoints.confirm_reopening,
        name="confirm-reopening",
    ),
]
