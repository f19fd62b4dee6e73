"""Celery tasks of the facts: services do the work."""

from celery import shared_task

from registry import queue
from registry.services import sign_ins, verifications


@shared_task(name="registry.verify_logs")
def verify_logs() -> None:
    """Recompute the logs whose last verification is old enough."""
    verifications.verify_due()


@shared_task(name=queue.NOTE_FAILED_SIGN_IN)
def note_failed_sign_in(login: str, why: str) -> None:
    """Tell in the log that signing in failed, if there is such an account."""
    sign_ins.failed(login=login, why=why)
