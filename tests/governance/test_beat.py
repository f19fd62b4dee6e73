"""What runs by itself: every entry of the schedule names a task that exists, and each may come late or twice."""

from typing import Any

import pytest
from celery import current_app
from django.conf import settings

import audits.tasks
import governance.tasks
import registry.tasks
from registry.models import LedgerEntry
from tests.cast import Cast

SCHEDULE: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE
KNOWN = {
    task.name
    for module in (audits.tasks, governance.tasks, registry.tasks)
    for task in vars(module).values()
    if hasattr(task, "apply_async")
}
LOOKING_FOR_DATES = {
    "governance.enforce_due": governance.tasks.enforce_due,
    "governance.remind": governance.tasks.remind,
    "registry.verify_logs": registry.tasks.verify_logs,
}


@pytest.mark.parametrize("name", SCHEDULE)
def test_every_entry_names_a_task(name: str) -> None:
    assert SCHEDULE[name]["task"] in KNOWN
    assert SCHEDULE[name]["task"] in current_app.tasks
    assert SCHEDULE[name]["schedule"] > 0


def test_what_looks_for_dates_is_on_the_schedule() -> None:
    assert {entry["task"] for entry in SCHEDULE.values()} >= LOOKING_FOR_DATES.keys()


@pytest.mark.parametrize("name", LOOKING_FOR_DATES)
def test_twice_in_a_row_leaves_no_second_entry(cast: Cast, name: str) -> None:
    LOOKING_FOR_DATES[name]()
    once = LedgerEntry.objects.count()
    LOOKING_FOR_DATES[name]()
    assert LedgerEntry.objects.count() == once
