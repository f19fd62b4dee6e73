"""Pages of evidence."""

from django.urls import path

from audits.web import runs

urlpatterns = [
    path("runs/<uuid:run_id>", runs.run_page, name="run"),
    path("runs/<uuid:run_id>/result.json", runs.run_result, name="run-result"),
]
