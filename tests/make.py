"""Factories: plain functions with defaults, through the real services."""

import io
import json
from typing import Any

from registry.models import Artifact, Dataset, DatasetVersion, Document, Model, ModelVersion, System
from registry.services import artifacts, datasets, documents, systems, versions
from registry.stages import RiskTier
from tests.cast import Cast

COLUMNS = [
    {"name": "sex", "role": "sensitive", "type": "text"},
    {"name": "income", "role": "feature", "type": "number"},
    {"name": "repaid", "role": "label", "type": "text"},
    {"name": "prediction", "role": "prediction", "type": "text"},
]


def make_artifact(cast: Cast, data: bytes = b"bytes", *, by: str = "dev") -> Artifact:
    """Bytes in the store."""
    artifact, _ = artifacts.store(actor=cast.actor(by), organisation=cast.acme, stream=io.BytesIO(data))
    return artifact


def make_system(
    cast: Cast, slug: str = "credit", tier: RiskTier = RiskTier.HIGH, *, by: str = "dev"
) -> System:
    """A registered system."""
    return systems.register(
        actor=cast.actor(by),
        organisation=cast.acme,
        slug=slug,
        name=slug.title(),
        purpose="Decide on consumer credit.",
        risk_tier=tier,
    )


def make_document(cast: Cast, system: System, kind: str = "problem_definition", **kwargs: Any) -> Document:
    """A document of a system."""
    by = kwargs.pop("by", "dev")
    title = kwargs.pop("title", kind.replace("_", " ").capitalize())
    content = kwargs.pop("content", {"purpose": f"What the {kind} says."})
    return documents.add(
        actor=cast.actor(by), system=system, kind=kind, title=title, content=content, **kwargs
    )


def make_dataset_version(
    cast: Cast, system: System, data: bytes = b"sex,income,repaid,prediction\nF,1,1,1\n", **kwargs: Any
) -> DatasetVersion:
    """A snapshot of the dataset “applications”."""
    by = kwargs.pop("by", "stew")
    dataset = Dataset.objects.filter(system=system, slug="applications").first() or datasets.register(
        actor=cast.actor(by), system=system, slug="applications"
    )
    defaults: dict[str, Any] = {
        "version": "1",
        "format": "csv",
        "columns": COLUMNS,
        "contract": {"task": "binary", "positive": "1", "favourable": "1"},
    }
    return datasets.register_version(
        actor=cast.actor(by),
        dataset=dataset,
        artifact=make_artifact(cast, data, by=by),
        **{**defaults, **kwargs},
    )


def make_version(
    cast: Cast, system: System, version: str = "1", data: bytes | None = None, **kwargs: Any
) -> ModelVersion:
    """A version of the model “scorecard”."""
    by = kwargs.pop("by", "dev")
    model = Model.objects.filter(system=system, slug="scorecard").first() or versions.register(
        actor=cast.actor(by), system=system, slug="scorecard"
    )
    body = data if data is not None else json.dumps({"model": version}).encode()
    defaults: dict[str, Any] = {
        "format": "xgboost_json",
        "training": {
            "code_commit": "0" * 40,
            "environment_digest": "sha256:" + "0" * 64,
            "parameters": {"depth": 3},
        },
    }
    return versions.register_version(
        actor=cast.actor(by),
        model=model,
        version=version,
        artifact=make_artifact(cast, body, by=by),
        **{**defaults, **kwargs},
    )
