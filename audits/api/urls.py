"""Routes of audits, under /api/v1/."""

from django.urls import path

from audits.api import quality, views

urlpatterns = [
    path("model-versions/<uuid:version_id>/runs", views.RequestRun.as_view()),
    path("model-versions/<uuid:version_id>/plans", views.Plans.as_view()),
    path("plans/<uuid:plan_id>/runs", views.ExecutePlan.as_view()),
    path("runs/<uuid:run_id>/reproductions", views.ReproduceRun.as_view()),
    path("dataset-versions/<uuid:snapshot_id>/quality-runs", quality.QualityRuns.as_view()),
    path("quality-runs/<uuid:quality_run_id>", quality.QualityRunDetail.as_view()),
    path("quality-runs/<uuid:quality_run_id>/result", quality.QualityResult.as_view()),
    path("runs", views.Runs.as_view()),
    path("runs/<uuid:run_id>", views.RunDetail.as_view()),
    path("runs/<uuid:run_id>/measurements", views.Measurements.as_view()),
    path("runs/<uuid:run_id>/cancel", views.CancelRun.as_view()),
    path("runs/<uuid:run_id>/result", views.RunResult.as_view()),
]
