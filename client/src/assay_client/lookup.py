"""From the names that people give to the objects that the service keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay_client import verdict
from assay_client.api import Refused, Service, segment
from assay_client.outcomes import BadInput

Item = Mapping[str, Any]


def system(service: Service, slug: str, organisation: str | None = None) -> Item:
    """The one system of this name that the token may see."""
    found = [item for item in service.every("/systems", {"slug": slug}) if item.get("slug") == slug]
    if organisation is not None:
        found = [item for item in found if organisation_of(item) == organisation]
    if not found:
        raise BadInput("system.unknown", f"There is no system {slug!a} that this token may see.")
    if len(found) > 1:
        raise BadInput(
            "system.ambiguous", f"Several organisations have a system {slug!a}: give --organisation."
        )
    return found[0]


def organisation_of(item: Item) -> str | None:
    """The organisation that a system belongs to, by its short name."""
    value = item.get("organisation")
    return value if isinstance(value, str) else None


def model(service: Service, owner: Item, name: str) -> Item:
    """The model of this name in a system, made when it is not there yet."""
    path = f"/systems/{segment(owner.get('id'))}/models"
    found = _named(service, path, name)
    if found is not None:
        return found
    try:
        return service.post(path, {"name": name})
    except Refused as refusal:
        # Another pipeline may have made it a moment ago.
        found = _named(service, path, name) if refusal.status == 409 else None
        if found is None:
            raise
        return found


def versions_of(service: Service, digest: str, system_slug: str | None = None) -> list[Item]:
    """All versions whose artifact has this digest."""
    query = {"digest": digest, **({"system": system_slug} if system_slug else {})}
    return [item for item in service.every("/model-versions", query) if item.get("digest") == digest]


def version_id(service: Service, given: str, system_slug: str | None) -> str:
    """The id of a model version given by its id or by its artifact's digest."""
    if not given.startswith("sha256:"):
        return given
    if not verdict.is_digest(given):
        raise BadInput("digest.invalid", f"{given!a} is not a digest: sha256: and 64 lower-case hex digits.")
    found = versions_of(service, given, system_slug)
    if not found:
        raise BadInput("model_version.unknown", f"No model version that this token may see has {given}.")
    if len(found) > 1:
        raise BadInput(
            "model_version.ambiguous", f"{len(found)} model versions have {given}: give --system, or an id."
        )
    return str(found[0].get("id"))


def dataset_version(service: Service, owner: Item, name: str) -> str:
    """The id of a dataset version written name@version."""
    dataset_name, at, version = name.rpartition("@")
    if not at or not dataset_name or not version:
        raise BadInput("dataset.invalid", f"{name!a} does not name a dataset version: write name@version.")
    dataset = _named(service, f"/systems/{segment(owner.get('id'))}/datasets", dataset_name)
    if dataset is None:
        raise BadInput("dataset.unknown", f"The system has no dataset {dataset_name!a}.")
    for item in service.every(f"/datasets/{segment(dataset.get('id'))}/versions"):
        if item.get("version") == version:
            return str(item.get("id"))
    raise BadInput("dataset_version.unknown", f"The dataset {dataset_name!a} has no version {version!a}.")


def _named(service: Service, path: str, name: str) -> Item | None:
    return next((item for item in service.every(path) if item.get("name") == name), None)
