"""What every worker does with a lease: measure while it is kept, and write the end. Whatever happens, it ends."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import DataError, IntegrityError, connection
from django.db.models import Q

from audits.frames.errors import Refused
from audits.models import LeasedRun, RunState
from audits.sandbox.errors import SandboxError
from audits.services import code, endings
from audits.services.endings import Ending
from audits.services.leases import Lease, LeaseLost
from registry.actors import Actor
from registry.errors import AssayError, Conflict

logger = logging.getLogger(__name__)

BROKEN = (
    "Assay itself failed while measuring. Ask whoever runs it to look into the worker's log for run {run_id},"
    " and request the audit again once the cause is gone."
)


def carry_out(
    lease: Lease, measure: Callable[[], Mapping[str, Any]], write: Callable[..., bool], *, memory: str
) -> None:
    """Measure, and write what came out; a sentence on `memory` is for a worker that had too little of it."""
    if not connection.in_atomic_block:
        connection.close()  # measuring may take hours; somebody between here and the database would cut an idle one
    try:
        with lease.kept():
            ending = _ending(lease.run_id, measure, memory)
    except LeaseLost:
        logger.warning("run_abandoned", extra={"run_id": lease.run_id})
        return
    _end(lease, ending, write)


def say_why(run_id: str, kind: type[LeasedRun]) -> None:
    """Why a message had no effect: mostly because it came twice; an operator must see the other reason."""
    queued = kind._default_manager.filter(pk=run_id, state=RunState.QUEUED)
    code_version = queued.values_list("code_version").first()
    if code_version is None:
        logger.info("run_not_free", extra={"run_id": run_id})
    else:
        logger.warning(
            "The run %s was requested under %s and this worker is %s: restart what is old.",
            run_id,
            code_version[0],
            code.VERSION,
        )


def require_all(planned: Iterable[str], dataset: str, result: Mapping[str, Any]) -> None:
    """What was planned was done, on the bytes that were pinned: anything missing must not look like a pass."""
    if result["refused"]:
        return
    if missing := set(planned) - {row["name"] for row in result["checks"]}:
        raise ValueError(f"the engine left out the checks {sorted(missing)}")
    measured = result["inputs"]["data"]["digest"]
    if measured != dataset:
        raise Conflict(
            f"The stored bytes changed while they were being measured: {measured} was read instead of"
            f" {dataset}. Evidence on them is refused.",
            code="artifact.tampered",
        )


def _ending(run_id: str, measure: Callable[[], Mapping[str, Any]], memory: str) -> Ending:
    """Measure; every way in which that can fail is an ending with a sentence."""
    try:
        return endings.of_outcome(measure())
    except Refused as refused:
        return endings.errored(refused.code, endings.located(refused.as_dict()))
    except (AssayError, SandboxError) as error:
        return endings.errored(error.code, error.message)
    except MemoryError:
        return endings.errored("run.memory", memory)
    except LeaseLost:
        raise
    except Exception:
        logger.exception("run_broke", extra={"run_id": run_id})
        return endings.errored("run.broke", BROKEN.format(run_id=run_id))


def _end(lease: Lease, ending: Ending, write: Callable[..., bool]) -> None:
    ours, worker = Q(lease_holder=lease.holder), Actor.system("worker")
    try:
        written = write(run_id=lease.run_id, ours=ours, actor=worker, ending=ending)
    except (DataError, IntegrityError, KeyError, TypeError, ValueError):
        # The outcome itself cannot be stored; without this the run would be tried again and again.
        logger.exception("result_not_storable", extra={"run_id": lease.run_id})
        broken = endings.errored("run.broke", BROKEN.format(run_id=lease.run_id))
        written = write(run_id=lease.run_id, ours=ours, actor=worker, ending=broken)
    if not written:
        logger.warning("late_result_discarded", extra={"run_id": lease.run_id})
