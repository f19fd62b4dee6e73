"""Rows of lists: what a table shows beside each object, read in a fixed number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from audits.models import AuditRun
from governance.models import Decision
from registry.models import DatasetVersion, Document, ModelVersion, System

LIST_LIMIT = 200


@dataclass(frozen=True)
class SystemLine:
    """A system in the inventory."""

    system: System
    version: ModelVersion | None
    decision: Decision | None


@dataclass(frozen=True)
class VersionLine:
    """A model version of a system."""

    version: ModelVersion
    run: AuditRun | None
    decision: Decision | None


@dataclass(frozen=True)
class SnapshotLine:
    """A dataset snapshot of a system."""

    snapshot: DatasetVersion
    columns: int
    sensitive: Sequence[str]


def systems(found: Sequence[System]) -> list[SystemLine]:
    """Systems with their newest version and its last decision; 2 queries."""
    newest = ModelVersion.objects.filter(model__system=OuterRef("model__system")).order_by(
        "-created_at", "pk"
    )
    versions = {
        version.model.system_id: version
        for version in ModelVersion.objects.filter(
            model__system__in=found, pk=Subquery(newest.values("pk")[:1])
        ).select_related("model")
    }
    decisions = last_decisions(versions.values())
    return [
        SystemLine(system, version, decisions.get(version.pk) if version else None)
        for system in found
        for version in [versions.get(system.pk)]
    ]


def versions(system: System) -> list[VersionLine]:
    """Versions of a system, newest first, with their last run and decision; 3 queries."""
    rows = ModelVersion.objects.filter(model__system=system).select_related("model", "artifact")
    found = list(rows.order_by("-created_at", "pk")[:LIST_LIMIT])
    decisions, runs = last_decisions(found), _last_runs(found)
    return [VersionLine(version, runs.get(version.pk), decisions.get(version.pk)) for version in found]


def documents(system: System, version: ModelVersion | None = None) -> list[Document]:
    """The newest number of each document: of the system, and of one version or of all."""
    rows = Document.objects.filter(system=system)
    if version is not None:
        rows = rows.filter(Q(model_version=version) | Q(model_version=None))
    kept: dict[tuple[str, Any], Document] = {}
    for document in rows.select_related("author", "model_version__model").order_by("kind", "-number"):
        kept.setdefault((document.kind, document.model_version_id), document)
    return list(kept.values())


def snapshots(system: System) -> list[SnapshotLine]:
    """Dataset snapshots of a system, newest first."""
    rows = DatasetVersion.objects.filter(dataset__system=system)
    rows = rows.select_related("dataset", "artifact", "created_by").order_by("-created_at", "pk")
    return [
        SnapshotLine(row, len(row.columns), [c["name"] for c in row.columns if c["role"] == "sensitive"])
        for row in rows[:LIST_LIMIT]
    ]


def decisions_of(version: ModelVersion) -> list[Decision]:
    """Every decision about a version, newest first."""
    rows = Decision.objects.filter(model_version=version).select_related("asked_by")
    return list(rows.defer("dossier", "policy_body", "outcome").order_by("-decided_at", "pk")[:LIST_LIMIT])


def last_decisions(versions: Iterable[ModelVersion]) -> dict[Any, Decision]:
    """The newest decision about each version; 1 query."""
    newest = Decision.objects.filter(model_version=OuterRef("model_version")).order_by("-decided_at", "pk")
    rows = Decision.objects.filter(
        model_version__in=[version.pk for version in versions], pk=Subquery(newest.values("pk")[:1])
    ).defer("dossier", "policy_body", "outcome")
    return {row.model_version_id: row for row in rows}


def _last_runs(versions: Iterable[ModelVersion]) -> dict[Any, AuditRun]:
    newest = AuditRun.objects.filter(plan__model_version=OuterRef("plan__model_version"))
    newest = newest.order_by("-requested_at", "pk")
    rows = AuditRun.objects.filter(
        plan__model_version__in=[version.pk for version in versions], pk=Subquery(newest.values("pk")[:1])
    ).select_related("plan")
    return {row.plan.model_version_id: row for row in rows.defer("result")}
