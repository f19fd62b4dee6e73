"""Celery tasks of the audits: ids in, services do the work."""

from celery import shared_task

from registry import queue


@shared_task(name=queue.EXECUTE_RUN)
def execute_run(run_id: str) -> None:
    """Execute one audit run."""


@shared_task(name="audits.sweep_runs")
def sweep_runs() -> None:
    """Queue again what was lost."""
