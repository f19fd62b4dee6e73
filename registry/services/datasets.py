"""Datasets and their versions."""

from collections.abc import Mapping, Sequence
from typing import Any

from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Invalid
from registry.ledger import record
from registry.models import Artifact, Dataset, DatasetVersion, System
from registry.services import schemas

ROLES = ("label", "prediction", "score", "sensitive", "weight", "feature", "id", "other")
FORMATS = ("csv", "parquet")
ONCE = ("label", "prediction", "score", "weight")


def register(*, actor: Actor, system: System, slug: str, description: str = "") -> Dataset:
    """Name a dataset of a system."""
    with record.transaction():
        check.require(actor, "register", system)
        if Dataset.objects.filter(system=system, slug=slug).exists():
            raise Conflict(f"This system has a dataset “{slug}” already.", code="dataset.exists")
        dataset = Dataset.objects.create(system=system, slug=slug, description=description, owner=actor.user)
        record.event(
            "dataset.registered",
            organisation_id=system.organisation_id,
            system_id=system.pk,
            subject=dataset,
            actor=actor,
            dataset_id=str(dataset.pk),
            slug=slug,
        )
    return dataset


def register_version(
    *,
    actor: Actor,
    dataset: Dataset,
    version: str,
    artifact: Artifact,
    format: str,
    columns: Sequence[Mapping[str, str]],
    contract: Mapping[str, Any] | None = None,
    parents: Sequence[DatasetVersion] = (),
) -> DatasetVersion:
    """Pin a snapshot of a dataset to its bytes. A conflict: the name with other bytes, other columns than locked."""
    rows, contracted = _columns(columns), dict(contract or {})
    if format not in FORMATS:
        raise Invalid(f"The format is one of {', '.join(FORMATS)}.", errors=[("format", "unknown format")])
    with record.transaction():
        check.require(actor, "register", dataset)
        require_same_organisation(dataset.system, artifact)
        Dataset.objects.locked().get(pk=dataset.pk)
        found = DatasetVersion.objects.filter(dataset=dataset, version=version)
        if (existing := found.select_related("artifact").first()) is not None:
            return _again(existing, artifact, rows, contracted)
        schemas.require_fitting(dataset, rows, contracted)
        snapshot = DatasetVersion.objects.create(
            dataset=dataset,
            version=version,
            artifact=artifact,
            format=format,
            columns=rows,
            contract=contracted,
            created_by=actor.user,
        )
        snapshot.parents.set(parents)
        record.event(
            "dataset_version.registered",
            organisation_id=dataset.system.organisation_id,
            system_id=dataset.system_id,
            subject=snapshot,
            actor=actor,
            dataset_version_id=str(snapshot.pk),
            dataset=dataset.slug,
            version=version,
            digest=artifact.digest,
            columns_digest=columns_digest(snapshot),
            parents=sorted(str(parent.pk) for parent in parents),
        )
    return snapshot


def columns_digest(snapshot: DatasetVersion) -> str:
    """The digest of a snapshot's column contract."""
    return schemas.digest(snapshot.columns, snapshot.contract)


def _again(
    existing: DatasetVersion, artifact: Artifact, rows: list[dict[str, str]], contract: dict[str, Any]
) -> DatasetVersion:
    same = existing.artifact_id == artifact.pk and existing.columns == rows and existing.contract == contract
    if same:
        return existing
    raise Conflict(
        f"Version {existing.version} of {existing.dataset.slug} is registered with {existing.artifact.digest}"
        " and its own columns. A version never changes: register the new bytes under a new version.",
        code="dataset_version.exists",
    )


def _columns(columns: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    rows = [
        {
            "name": str(row.get("name", "")),
            "role": str(row.get("role", "other")),
            "type": str(row.get("type", "text")),
        }
        for row in columns
    ]
    names = [row["name"] for row in rows]
    errors = [
        ("columns", f"{row['name']}: role {row['role']!r} is not one of {', '.join(ROLES)}")
        for row in rows
        if row["role"] not in ROLES
    ]
    errors += [
        ("columns", f"{name!r} is named twice") for name in sorted({n for n in names if names.count(n) > 1})
    ]
    errors += [("columns", "a column has no name")] if "" in names else []
    roles = [row["role"] for row in rows]
    errors += [
        ("columns", f"more than one column has the role {role}") for role in ONCE if roles.count(role) > 1
    ]
    if errors or not rows:
        raise Invalid(
            "The column contract is not valid: every column once, each with a role.",
            errors=errors or [("columns", "empty")],
        )
    return rows


def require_same_organisation(system: System, artifact: Artifact) -> None:
    if artifact.organisation_id != system.organisation_id:
        raise Invalid(
            "There is no such artifact in this organisation. Upload the bytes first.",
            errors=[("artifact_digest", "unknown")],
        )
