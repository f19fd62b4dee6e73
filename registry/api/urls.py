"""Routes of facts, under /api/v1/."""

from django.urls import path

from registry.api.views import data, exchange, log, machines, people, systems, versions

urlpatterns = [
    path("me", systems.Me.as_view()),
    path("token-exchange", exchange.TokenExchange.as_view()),
    path("members", people.Members.as_view()),
    path("members/<uuid:membership_id>/deactivation", people.DeactivateMember.as_view()),
    path("members/<uuid:membership_id>/reactivation", people.ReactivateMember.as_view()),
    path("roles", people.Roles.as_view()),
    path("roles/<uuid:grant_id>/revocation", people.RevokeRole.as_view()),
    path("service-accounts", people.ServiceAccounts.as_view()),
    path("tokens", machines.Tokens.as_view()),
    path("tokens/<uuid:token_id>/revocation", machines.RevokeToken.as_view()),
    path("tokens/<uuid:token_id>/rotation", machines.RotateToken.as_view()),
    path("workload-identities", machines.WorkloadIdentities.as_view()),
    path("workload-identities/<uuid:identity_id>/end", machines.EndIdentity.as_view()),
    path("systems", systems.Systems.as_view()),
    path("systems/<uuid:system_id>", systems.SystemDetail.as_view()),
    path("systems/<uuid:system_id>/documents", systems.Documents.as_view()),
    path("systems/<uuid:system_id>/datasets", data.Datasets.as_view()),
    path("systems/<uuid:system_id>/models", versions.Models.as_view()),
    path("artifacts", data.Artifacts.as_view()),
    path("datasets/<uuid:dataset_id>/versions", data.DatasetVersions.as_view()),
    path("datasets/<uuid:dataset_id>/schema-lock", data.SchemaLocks.as_view()),
    path("datasets/<uuid:dataset_id>/schema-lock/release", data.ReleaseSchema.as_view()),
    path("models/<uuid:model_id>/versions", versions.RegisterModelVersion.as_view()),
    path("model-versions", versions.ModelVersions.as_view()),
    path("model-versions/<uuid:version_id>", versions.ModelVersionDetail.as_view()),
    path("ledger/entries", log.LedgerEntries.as_view()),
    path("ledger/head", log.LedgerHeadView.as_view()),
]
