"""Celery tasks of governance: ids in, services do the work."""

from celery import shared_task

from registry import queue


@shared_task(name=queue.RENDER_REPORT)
def render_report(report_id: str) -> None:
    """Render one report."""


@shared_task(name="governance.sweep_reports")
def sweep_reports() -> None:
    """Queue again what was lost."""
