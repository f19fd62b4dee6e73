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

from collections.abc import Mapping
from typing import Any

from audits import engine
from audits.models import AuditRun
from audits.sandbox.results import ModelRef
from audits.services import endings, leases, plans, work
from audits.services.leases import Lease
from registry import blobs

MEMORY = "The audit needed more memory than the worker has. Use fewer rows or columns."


def execute(run_id: str) -> None:
    """Carry out a run if it is to be had; whatever happens, it ends, or its lease runs out."""
    lease = leases.take(run_id)
    if lease is None:
        work.say_why(run_id, AuditRun)
        return
    run = AuditRun.objects.select_related(
        "plan__model_version__model__system",
        "plan__model_version__artifact",
        "plan__dataset_version__artifact",
    ).get(pk=run_id)
    work.carry_out(lease, lambda: _measure(run, lease), endings.write, memory=MEMORY)


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
    work.require_all([check.name for check in sealed.checks], sealed.inputs["dataset"], result)
    return result
