"""Celery tasks of governance: ids in, services do the work."""

from celery import shared_task

from governance.services import (
    backtests,
    classifications,
    enforcement,
    password_mails,
    reminders,
    reports,
    staffing,
)
from registry import queue
from registry.actors import Actor
from registry.models import Organisation


@shared_task(name=queue.RENDER_REPORT)
def render_report(report_id: str) -> None:
    """Write one report."""
    reports.render(report_id)


@shared_task(name=queue.RUN_BACKTEST)
def run_backtest(backtest_id: str) -> None:
    """Run a draft policy over past decisions."""
    backtests.run(backtest_id)


@shared_task(name="governance.sweep_backtests")
def sweep_backtests() -> None:
    """Send again what was lost."""
    backtests.sweep()


@shared_task(name=queue.CHECK_STAFFING)
def check_staffing(organisation_id: str) -> None:
    """Report the gates that nobody could lawfully open."""
    staffing.report(actor=Actor.system("staffing"), organisation=Organisation.objects.get(pk=organisation_id))


@shared_task(name="governance.sweep_reports")
def sweep_reports() -> None:
    """Send again what was lost."""
    reports.sweep()


@shared_task(name="governance.enforce_due")
def enforce_due() -> None:
    """Suspend what may not stay in production."""
    enforcement.enforce_due()


@shared_task(name="governance.reclassify")
def reclassify() -> None:
    """Let prohibitions that have begun to apply take effect."""
    for organisation in Organisation.objects.order_by("slug"):
        classifications.reclassify_all(organisation)


@shared_task(name="governance.remind")
def remind() -> None:
    """Mail people what is due."""
    reminders.remind()


@shared_task(name=queue.MAIL_NEW_PASSWORD, autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def mail_new_password(address: str) -> None:
    """Mail a link for a new password, if there is such an account; a mail server that is down is tried again."""
    password_mails.send(address)
