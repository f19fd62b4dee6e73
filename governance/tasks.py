"""Celery tasks of governance: ids in, services do the work."""

from celery import shared_task

from governance.services import reports
from registry import queue


@shared_task(name=queue.RENDER_REPORT)
def render_report(report_id: str) -> None:
    """Write one report."""
    reports.render(report_id)


@shared_task(name="governance.sweep_reports")
def sweep_reports() -> None:
    """Send again what was lost."""
    reports.sweep()
