"""Celery tasks of the facts: services do the work."""

import uuid

from celery import shared_task

from registry import queue
from registry.services import anchors, bound_reads, checkpoints, reopenings, sign_ins, verifications


@shared_task(name="registry.verify_logs")
def verify_logs() -> None:
    """Recompute the logs whose last verification is old enough."""
    verifications.verify_due()


@shared_task(name="registry.issue_checkpoints")
def issue_checkpoints() -> None:
    """Sign every log that grew since its last checkpoint; open what was to be opened while the worker was away."""
    reopenings.carry_out_open()
    checkpoints.issue_all()


@shared_task(name="registry.compare_logs")
def compare_logs() -> None:
    """Compare every log with the last checkpoint that is remembered outside the database; when a worker starts."""
    checkpoints.compare_all()


@shared_task(name="registry.anchor_checkpoints")
def anchor_checkpoints() -> None:
    """Take the newest checkpoints to the places outside that lack them."""
    anchors.anchor_all()


@shared_task(name="registry.bind_reads")
def bind_reads() -> None:
    """Say in every log which readings there were since the last time."""
    bound_reads.bind_all()


@shared_task(name=queue.ISSUE_CHECKPOINT)
def issue_checkpoint(organisation_id: str) -> None:
    """Sign one log at once, because something was decided that others will ask about."""
    checkpoints.issue(uuid.UUID(organisation_id))
    anchors.anchor(uuid.UUID(organisation_id))


@shared_task(name=queue.REOPEN_LOG)
def reopen_log(reopening_id: str) -> None:
    """Begin a new epoch of a stopped log, which two people have agreed on."""
    reopenings.carry_out(uuid.UUID(reopening_id))


@shared_task(name=queue.NOTE_FAILED_SIGN_IN)
def note_failed_sign_in(login: str, why: str) -> None:
    """Tell in the log that signing in failed, if there is such an account."""
    sign_ins.failed(login=login, why=why)
