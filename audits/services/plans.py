"""Check plans: what will be measured, sealed before it is.

A plan's body is canonical JSON text; its SHA-256 is the plan's digest. It names its inputs by digest and the code
that is to measure, so a result can be asked for again and compared.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from audits.checks.spec import Check
from audits.frames.mapping import Mapping as ColumnMapping
from audits.models import CheckPlan
from audits.services import checks as planned_checks
from audits.services import code, mappings
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Invalid
from registry.ledger import chain, record
from registry.models import DatasetVersion, ModelVersion
from registry.services import datasets

SCHEMA: Final = "assay.plan/1"
# Formats that the sandbox opens. A model in any other stays bytes: it is measured by its predictions, not explained.
OPENED: Final = ("xgboost_json",)


def seal(
    *,
    actor: Actor,
    model_version: ModelVersion,
    dataset_version: DatasetVersion,
    mapping: Mapping[str, Any] | None = None,
    checks: Sequence[Mapping[str, Any]] | None = None,
) -> CheckPlan:
    """Write down what will be measured on which bytes. The same plan again is the plan that is there."""
    check.require(actor, "run_audit", model_version)
    if dataset_version.dataset.system_id != model_version.model.system_id:
        raise Invalid(
            "The dataset version belongs to another system than the model version.",
            errors=[("dataset_version", "another system")],
        )
    columns = mappings.of_snapshot(dataset_version, _scored(model_version, dataset_version, mapping))
    planned = planned_checks.for_mapping(columns, checks)
    text = chain.canonical(_body(model_version, dataset_version, columns, planned)).decode()
    with record.transaction():
        ModelVersion.objects.select_for_update(no_key=True).get(
            pk=model_version.pk
        )  # two equal requests seal one plan
        digest = chain.digest(text.encode())
        existing = CheckPlan.objects.filter(model_version=model_version, digest=digest).first()
        return existing or _seal(actor, model_version, dataset_version, text, digest)


def _scored(
    model_version: ModelVersion, snapshot: DatasetVersion, given: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    """The mapping, with the score taken from the model itself where neither data nor request name predictions."""
    asked = {key: value for key, value in (given or {}).items() if value is not None}
    named = {"prediction", "score"} & ({column["role"] for column in snapshot.columns} | set(asked))
    if named or model_version.format not in OPENED:
        return asked
    registered = [column["name"] for column in snapshot.columns if column["role"] == "feature"]
    trained_on = model_version.training.get("features") or []
    # What the model was trained on, and what was registered as a feature: leaving one out is a contradiction.
    features = list(dict.fromkeys([*registered, *trained_on]))
    return {"features": features, **asked, "score": mappings.FROM_MODEL}


def _seal(
    actor: Actor, model_version: ModelVersion, dataset_version: DatasetVersion, text: str, digest: str
) -> CheckPlan:
    plan = CheckPlan.objects.create(
        model_version=model_version,
        dataset_version=dataset_version,
        body=text,
        digest=digest,
        sealed_by=actor.user,
    )
    record.event(
        "plan.sealed",
        organisation_id=model_version.model.system.organisation_id,
        system_id=model_version.model.system_id,
        subject=plan,
        actor=actor,
        plan_id=str(plan.pk),
        digest=digest,
        model_version_id=str(model_version.pk),
        dataset_version_id=str(dataset_version.pk),
    )
    return plan


@dataclass(frozen=True)
class Sealed:
    """A plan read back: what to measure, and the digests of what it is measured on."""

    mapping: ColumnMapping
    checks: tuple[Check, ...]
    inputs: Mapping[str, str]


def opened(plan: CheckPlan) -> Sealed:
    """The plan as it was sealed, after proving that it is what was sealed."""
    if chain.digest(plan.body.encode()) != plan.digest:
        raise Conflict(
            "The plan was changed after it was sealed. Evidence on it is refused.", code="plan.tampered"
        )
    body = json.loads(plan.body)
    return Sealed(
        mappings.from_sealed(body["mapping"]), planned_checks.from_sealed(body["checks"]), body["inputs"]
    )


def _body(
    model_version: ModelVersion,
    dataset_version: DatasetVersion,
    columns: ColumnMapping,
    planned: Sequence[Check],
) -> dict[str, Any]:
    body = {
        "schema": SCHEMA,
        "model_version": str(model_version.pk),
        "dataset_version": str(dataset_version.pk),
        "inputs": {
            "model": model_version.artifact.digest,
            "model_format": model_version.format,
            "dataset": dataset_version.artifact.digest,
            "columns": datasets.columns_digest(dataset_version),
        },
        "mapping": mappings.as_json(columns),
        "checks": [item.as_dict() for item in planned],
        "engine": code.VERSION,
    }
    sealed: dict[str, Any] = chain.exact(body)
    return sealed
