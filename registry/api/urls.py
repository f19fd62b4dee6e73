"""Routes of facts, under /api/v1/."""

from django.urls import path

from registry.api.views import data, log, systems, versions

urlpatterns = [
    path("me", systems.Me.as_view()),
    path("systems", systems.Systems.as_view()),
    path("systems/<uuid:system_id>", systems.SystemDetail.as_view()),
    path("systems/<uuid:system_id>/documents", systems.Documents.as_view()),
    path("systems/<uuid:system_id>/datasets", data.Datasets.as_view()),
    path("systems/<uuid:system_id>/models", versions.Models.as_view()),
    path("artifacts", data.Artifacts.as_view()),
    path("datasets/<uuid:dataset_id>/versions", data.DatasetVersions.as_view()),
    path("models/<uuid:model_id>/versions", versions.RegisterModelVersion.as_view()),
    path("model-versions", versions.ModelVersions.as_view()),
    path("model-versions/<uuid:version_id>", versions.ModelVersionDetail.as_view()),
    path("ledger/entries", log.LedgerEntries.as_view()),
    path("ledger/head", log.LedgerHeadView.as_view()),
]
