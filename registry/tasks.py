"""Celery tasks of the facts: services do the work."""

from celery import shared_task

from registry.services import verifications


@shared_task(name="registry.verify_logs")
def verify_logs() -> None:
    """Recompute the logs whose last verification is old enough."""
    verifications.verify_due()
