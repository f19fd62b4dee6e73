"""Check plans: what will be measured, sealed before it is.

A plan's body is canonical JSON text; its SHA-256 is the plan's digest. It names its inputs by digest and the code
that is to measure, so a result can be asked for again and compared.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from audits.checks.spec import Check, CheckError
from audits.checks.tolerance import Tolerance, tolerance_from
from audits.frames.mapping import Mapping as ColumnMapping
from audits.models import CheckPlan
from audits.services import checks as planned_checks
from audits.services import code, deviations, mappings
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Invalid
from registry.ledger import chain, record
from registry.models import DatasetVersion, ModelVersion
from registry.services import datasets

SCHEMA: Final = "assay.plan/2"
# The ledger's canonical JSON has no larger whole number.
MAX_SEED: Final = 2**53 - 1
# Formats that the sandbox opens. A model in any other stays bytes: it is measured by its predictions, not explained.
OPENED: Final = ("xgboost_json",)


def seal(
    *,
    actor: Actor,
    model_version: ModelVersion,
    dataset_version: DatasetVersion,
    mapping: Mapping[str, Any] | None = None,
    checks: Sequence[Mapping[str, Any]] | None = None,
    seed: int = 0,
    tolerance: Mapping[str, Any] | None = None,
    reason: str = "",
) -> CheckPlan:
    """Write down what will be measured on which bytes. The same plan again is the plan that is there.

    A plan that loosens an earlier one with results needs a reason, and opens nothing before others accept that.
    """
    with record.attempt():
        check.require(actor, "run_audit", model_version)
    _require_fitting(model_version, dataset_version, seed)
    columns = mappings.of_snapshot(dataset_version, _scored(model_version, dataset_version, mapping))
    planned = planned_checks.for_mapping(columns, checks)
    body = _body(model_version, dataset_version, columns, planned, seed, _tolerance(tolerance))
    text = chain.canonical(body).decode()
    plan = CheckPlan(
        model_version=model_version,
        dataset_version=dataset_version,
        body=text,
        digest=chain.digest(text.encode()),
        seed=seed,
        sealed_by=actor.user,
    )
    with record.transaction():
        return _sealed_once(actor, plan, reason)


def _require_fitting(model_version: ModelVersion, dataset_version: DatasetVersion, seed: int) -> None:
    if dataset_version.dataset.system_id != model_version.model.system_id:
        raise Invalid(
            "The dataset version belongs to another system than the model version.",
            errors=[("dataset_version", "another system")],
        )
    if not 0 <= seed <= MAX_SEED:
        raise Invalid(
            f"A seed is a whole number from 0 to {MAX_SEED}.",
            errors=[("seed", "out of range")],
            code="run.seed",
        )


def _sealed_once(actor: Actor, plan: CheckPlan, reason: str) -> CheckPlan:
    """The plan, or the equal one that is there already."""
    # Two equal requests seal one plan.
    ModelVersion.objects.locked().get(pk=plan.model_version_id)
    existing = CheckPlan.objects.filter(model_version=plan.model_version, digest=plan.digest).first()
    if existing is not None:
        deviations.ask_again(actor, existing, reason)
        return existing
    found = deviations.found(plan, reason)
    _seal(actor, plan)
    deviations.open_(actor, found, plan, reason)
    return plan


def _tolerance(given: Mapping[str, Any] | None) -> Tolerance:
    try:
        return tolerance_from(given)
    except CheckError as error:
        raise Invalid(str(error), errors=[("tolerance", str(error))], code="tolerance.invalid") from error


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


def _seal(actor: Actor, plan: CheckPlan) -> None:
    plan.save(force_insert=True)
    system = plan.model_version.model.system
    record.event(
        "plan.sealed",
        organisation_id=system.organisation_id,
        system_id=system.pk,
        subject=plan,
        actor=actor,
        plan_id=str(plan.pk),
        digest=plan.digest,
        model_version_id=str(plan.model_version_id),
        dataset_version_id=str(plan.dataset_version_id),
        dataset_digest=plan.dataset_version.artifact.digest,
        seed=plan.seed,
    )


@dataclass(frozen=True)
class Sealed:
    """A plan read back: what to measure, and the digests of what it is measured on."""

    mapping: ColumnMapping
    checks: tuple[Check, ...]
    inputs: Mapping[str, str]
    seed: int
    tolerance: Tolerance


def opened(plan: CheckPlan) -> Sealed:
    """The plan as it was sealed, after proving that it is what was sealed."""
    if chain.digest(plan.body.encode()) != plan.digest:
        raise Conflict(
            "The plan was changed after it was sealed. Evidence on it is refused.", code="plan.tampered"
        )
    body = json.loads(plan.body)
    return Sealed(
        mappings.from_sealed(body["mapping"]),
        planned_checks.from_sealed(body["checks"]),
        body["inputs"],
        # Neither was sealed by the first schema.
        body.get("seed", 0),
        sealed_tolerance(body),
    )


def engine_of(plan: CheckPlan) -> str:
    """The code that a plan was sealed for."""
    return str(json.loads(plan.body)["engine"])


def sealed_tolerance(body: Mapping[str, Any]) -> Tolerance:
    """The tolerance in a sealed body, in which numbers with a fraction are decimal strings."""
    given = body.get("tolerance") or {}
    return Tolerance(**{name: float(value) for name, value in given.items()})


def _body(
    model_version: ModelVersion,
    dataset_version: DatasetVersion,
    columns: ColumnMapping,
    planned: Sequence[Check],
    seed: int,
    tolerance: Tolerance,
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
        "seed": seed,
        "tolerance": tolerance.as_dict(),
    }
    sealed: dict[str, Any] = chain.exact(body)
    return sealed
