"""Pages of evidence."""

from django.urls import path

from audits.web import datasets, runs

urlpatterns = [
    path("runs/<uuid:run_id>", runs.run_page, name="run"),
    path("runs/<uuid:run_id>/reproduce", runs.reproduce_run, name="reproduce-run"),
    path("runs/<uuid:run_id>/result.json", runs.run_result, name="run-result"),
    path("dataset-versions/<uuid:snapshot_id>", datasets.dataset_page, name="dataset-version"),
    path("dataset-versions/<uuid:snapshot_id>/profile", datasets.start_profile, name="start-profile"),
    path("dataset-versions/<uuid:snapshot_id>/lock", datasets.lock_schema, name="lock-schema"),
    path("dataset-versions/<uuid:snapshot_id>/release", datasets.release_schema, name="release-schema"),
]
