"""Carry out one data-quality run: take its lease, prove its bytes, profile them, write the end.

Workers only, like `execution`: this module imports DuckDB and its kin, and `audits.tasks` finds it by name.
"""

from collections.abc import Mapping
from typing import Any

from audits.models import DataQualityRun
from audits.quality import outcome
from audits.services import leases, quality, work
from audits.services.leases import Lease
from registry import blobs
from registry.errors import Conflict
from registry.services import datasets

MEMORY = "The profile needed more memory than the worker has. Use fewer rows or columns."


def profile(run_id: str) -> None:
    """Carry out a run if it is to be had; whatever happens, it ends, or its lease runs out."""
    lease = leases.take(run_id, DataQualityRun)
    if lease is None:
        work.say_why(run_id, DataQualityRun)
        return
    run = DataQualityRun.objects.select_related(
        "dataset_version__dataset__system", "dataset_version__artifact"
    ).get(pk=run_id)
    work.carry_out(lease, lambda: _measure(run, lease), quality.write, memory=MEMORY)


def _measure(run: DataQualityRun, lease: Lease) -> Mapping[str, Any]:
    snapshot, sealed = run.dataset_version, quality.opened(run)
    if datasets.columns_digest(snapshot) != sealed.inputs["columns"]:
        raise Conflict(
            "The registered columns are not those that the bars were sealed with. Evidence on them is refused.",
            code="columns.tampered",
        )
    lease.report("Checking the stored bytes", 0.0)
    data = blobs.verified_path(snapshot.dataset.system.organisation_id, sealed.inputs["dataset"])
    result = outcome.measure(
        data,
        snapshot.columns,
        snapshot.contract,
        sealed.bars,
        progress=lambda step, fraction: lease.report(step, 0.01 + 0.98 * fraction),
    )
    lease.report("Writing the result", 0.99)
    work.require_all([bar.check for bar in sealed.bars], sealed.inputs["dataset"], result)
    return result
