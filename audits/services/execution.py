"""Carry out one run: take its lease, prove its inputs, measure, write the end.

Workers only: this module imports the engine, and with it DuckDB, NumPy and their kin. `audits.tasks` finds it by
name inside the task, so that a web process never loads it.

The data file is read in the worker's own pool process, not in the sandbox's child. A model is somebody's program
and goes into the sandbox; a data file is parsed by DuckDB with outside access locked and with limits on bytes, rows
and memory, and nothing in it is executed. Should the parser crash all the same, one pool process dies: Celery
replaces it, the lease runs out, the sweeper gives the run to another, and after the third death ends it as errored.
The sandbox forbids its children to start processes, and the engine starts one for the model, so the whole engine
cannot be put in there; a wall round the reader alone would belong into `audits.frames`.
"""

import logging
from collections.abc import Mapping
from typing import Any

from django.db import DataError, IntegrityError, connection
from django.db.models import Q

from audits import engine
from audits.frames.errors import Refused
from audits.models import AuditRun, RunState
from audits.sandbox.errors import SandboxError
from audits.sandbox.results import ModelRef
from audits.services import code, endings, leases, plans
from audits.services.endings import Ending
from audits.services.leases import Lease, LeaseLost
from registry import blobs
from registry.actors import Actor
from registry.errors import AssayError, Conflict

logger = logging.getLogger(__name__)

BROKEN = (
    "Assay itself failed while measuring. Ask whoever runs it to look into the worker's log for run {run_id},"
    " and request the audit again once the cause is gone."
)


def execute(run_id: str) -> None:
    """Carry out a run if it is to be had; whatever happens, it ends, or its lease runs out."""
    lease = leases.take(run_id)
    if lease is None:
        _say_why(run_id)
        return
    run = AuditRun.objects.select_related(
        "plan__model_version__model__system",
        "plan__model_version__artifact",
        "plan__dataset_version__artifact",
    ).get(pk=run_id)
    if not connection.in_atomic_block:
        connection.close()  # measuring may take hours; somebody between here and the database would cut an idle one
    try:
        with lease.kept():
            ending = _ending(run, lease)
    except LeaseLost:
        logger.warning("run_abandoned", extra={"run_id": run_id})
        return
    _end(lease, ending)


def _say_why(run_id: str) -> None:
    """Why a message had no effect: mostly because it came twice; an operator must see the other reason."""
    code_version = (
        AuditRun.objects.filter(pk=run_id, state=RunState.QUEUED).values_list("code_version").first()
    )
    if code_version is None:
        logger.info("run_not_free", extra={"run_id": run_id})
    else:
        logger.warning(
            "The run %s was requested under %s and this worker is %s: restart what is old.",
            run_id,
            code_version[0],
            code.VERSION,
        )


def _ending(run: AuditRun, lease: Lease) -> Ending:
    """Measure; every way in which that can fail is an ending with a sentence."""
    try:
        return endings.of_outcome(_measure(run, lease))
    except Refused as refused:
        return endings.errored(refused.code, endings.located(refused.as_dict()))
    except (AssayError, SandboxError) as error:
        return endings.errored(error.code, error.message)
    except MemoryError:
        return endings.errored(
            "run.memory", "The audit needed more memory than the worker has. Use fewer rows or columns."
        )
    except LeaseLost:
        raise
    except Exception:
        logger.exception("run_broke", extra={"run_id": str(run.pk)})
        return endings.errored("run.broke", BROKEN.format(run_id=run.pk))


def _measure(run: AuditRun, lease: Lease) -> Mapping[str, Any]:
    plan, organisation_id = run.plan, run.plan.model_version.model.system.organisation_id
    sealed = plans.opened(plan)
    lease.report("Checking the stored bytes", 0.0)
    data = blobs.verified_path(organisation_id, sealed.inputs["dataset"])
    model = ModelRef(
        # In a format that the sandbox does not open, the outcome says so instead of explaining the model.
        blobs.verified_path(organisation_id, sealed.inputs["model"]),
        sealed.inputs["model_format"],
        sealed.inputs["model"],
    )
    outcome = engine.audit(
        data,
        sealed.mapping,
        sealed.checks,
        seed=run.seed,
        # The last hundredth is for writing the result down.
        progress=lambda step, fraction: lease.report(step, 0.01 + 0.98 * fraction),
        model=model,
    )
    lease.report("Writing the result", 0.99)
    result: Mapping[str, Any] = outcome.as_dict()
    _require_all(sealed, result)
    return result


def _require_all(sealed: plans.Sealed, result: Mapping[str, Any]) -> None:
    """What was planned was done, on the bytes that were pinned: anything missing must not look like a pass."""
    if result["refused"]:
        return
    planned, done = {check.name for check in sealed.checks}, {row["name"] for row in result["checks"]}
    if missing := planned - done:
        raise ValueError(f"the engine left out the checks {sorted(missing)}")
    measured = result["inputs"]["data"]["digest"]
    if measured != sealed.inputs["dataset"]:
        raise Conflict(
            f"The stored bytes changed while they were being measured: {measured} was read instead of"
            f" {sealed.inputs['dataset']}. Evidence on them is refused.",
            code="artifact.tampered",
        )


def _end(lease: Lease, ending: Ending) -> None:
    try:
        written = _write(lease, ending)
    except (DataError, IntegrityError, KeyError, TypeError, ValueError):
        # The outcome itself cannot be stored; without this the run would be tried again and again.
        logger.exception("result_not_storable", extra={"run_id": lease.run_id})
        written = _write(lease, endings.errored("run.broke", BROKEN.format(run_id=lease.run_id)))
    if not written:
        logger.warning("late_result_discarded", extra={"run_id": lease.run_id})


def _write(lease: Lease, ending: Ending) -> bool:
    ours = Q(lease_holder=lease.holder)
    return endings.write(run_id=lease.run_id, ours=ours, actor=Actor.system("worker"), ending=ending)
