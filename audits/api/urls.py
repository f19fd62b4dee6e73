"""Routes of audits, under /api/v1/."""

from django.urls import path

from audits.api import views

urlpatterns = [
    path("model-versions/<uuid:version_id>/runs", views.RequestRun.as_view()),
    path("runs", views.Runs.as_view()),
    path("runs/<uuid:run_id>", views.RunDetail.as_view()),
    path("runs/<uuid:run_id>/measurements", views.Measurements.as_view()),
    path("runs/<uuid:run_id>/cancel", views.CancelRun.as_view()),
    path("runs/<uuid:run_id>/result", views.RunResult.as_view()),
]
