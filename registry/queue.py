"""Task names, and the one way to enqueue: by name, with ids, after commit.

Services must not import task modules (tasks import services), so a task is looked up in Celery's registry. A broker
that does not answer must not undo work that is already committed: `robust=True` keeps the row queued, and the
sweeper sends it again.
"""

import logging

from celery import current_app
from django.db import transaction

EXECUTE_RUN = "audits.execute_run"
PROFILE_DATA = "audits.profile_data"
RENDER_REPORT = "governance.render_report"
RUN_BACKTEST = "governance.run_backtest"
REOPEN_LOG = "registry.reopen_log"
ISSUE_CHECKPOINT = "registry.issue_checkpoint"
# Enqueued in the transaction that takes or gives a role, or ends or begins somebody's activity.
CHECK_STAFFING = "governance.check_staffing"
# Enqueued whatever was typed, so that known and unknown names take the same time.
NOTE_FAILED_SIGN_IN = "registry.note_failed_sign_in"
MAIL_NEW_PASSWORD = "governance.mail_new_password"  # noqa: S105 (a task's name)

logger = logging.getLogger(__name__)


def enqueue(task: str, **ids: str) -> None:
    """Send the task once the surrounding transaction is committed."""
    current_app.tasks[task]  # an unknown name is a bug and must fail before commit
    transaction.on_commit(lambda: send(task, **ids), robust=True)


def send(task: str, **ids: str) -> None:
    """Hand the task to the broker now."""
    current_app.tasks[task].delay(**ids)
    logger.info("task_sent", extra={"task": task, **ids})
