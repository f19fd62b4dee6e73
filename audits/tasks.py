"""Celery tasks of the audits: ids in, services do the work.

`execute_run` and `profile_data` look their service up by name, the one place where that is done: web processes
import this module so that the tasks have their names, and must not load the engine behind them.
"""

from typing import Final

from celery import shared_task
from django.utils.module_loading import import_string

from audits.services import sweeping
from registry import queue

EXECUTE: Final = "audits.services.execution.execute"
PROFILE: Final = "audits.services.profiling.profile"
# A process that hangs beyond all reason is ended by Celery; the sweeper has ended its run by then.
HARD_LIMIT: Final = int(sweeping.LONGEST.total_seconds()) + 600


@shared_task(name=queue.EXECUTE_RUN, time_limit=HARD_LIMIT)
def execute_run(run_id: str) -> None:
    """Execute one audit run."""
    import_string(EXECUTE)(run_id)


@shared_task(name=queue.PROFILE_DATA, time_limit=HARD_LIMIT)
def profile_data(run_id: str) -> None:
    """Carry out one data-quality run."""
    import_string(PROFILE)(run_id)


@shared_task(name="audits.sweep_runs")
def sweep_runs() -> None:
    """Queue again what was lost."""
    sweeping.sweep()
