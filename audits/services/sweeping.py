"""What no worker will finish by itself: workers that died, messages that never came, runs that take for ever.

Every step is a conditional update, so two sweepers at once, or one sweep twice, do it once.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Final

from django.db.models import Q
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from audits.models import AuditRun, DataQualityRun, LeasedRun, RunState
from audits.services import code, endings, leases, quality, runs
from registry.actors import Actor
from registry.errors import AssayError

logger = logging.getLogger(__name__)

# Counted from the first start, all attempts together; Celery ends the process of a longer one.
LONGEST: Final = timedelta(hours=6)
# Workers of another release are given this long to take what was requested of them.
RELEASE_GRACE: Final = timedelta(minutes=15)
# Messages per sweep. Any one of them finds work for a free worker, so a wiped queue needs no flood.
MESSAGES: Final = 50


# Every kind of run with what writes its end.
_WRITERS: Final[Mapping[type[LeasedRun], Callable[..., bool]]] = {
    AuditRun: endings.write,
    DataQualityRun: quality.write,
}


def sweep() -> None:
    """Once over everything: end what cannot end by itself, queue again what was lost, send what was not sent."""
    for kind in _WRITERS:
        _sweep(kind)


def _sweep(kind: type[LeasedRun]) -> None:
    open_runs = kind._default_manager.select_related(kind.governed_path)
    queued = open_runs.filter(state=RunState.QUEUED)
    overdue = open_runs.filter(state=RunState.RUNNING, started_at__lt=Now() - LONGEST)
    foreign = queued.exclude(code_version=code.VERSION).filter(requested_at__lt=Now() - RELEASE_GRACE)
    unsent = queued.filter(lease_until__lt=Now()).order_by("requested_at")[:MESSAGES]
    _each(_end_overdue, overdue)
    _each(_recover, open_runs.filter(leases.expired()))
    _each(_end_foreign, foreign)
    _each(lambda run: runs.send_again(run=run), unsent)


def _each(step: Callable[[LeasedRun], object], rows: Iterable[LeasedRun]) -> None:
    for run in rows:
        try:
            step(run)
        except (AssayError, OperationalError):
            # One organisation's ledger, or the broker, does not answer: the others' runs must not wait for it.
            logger.exception("sweep_failed", extra={"run_id": str(run.pk)})


def _end_overdue(run: LeasedRun) -> None:
    hours = LONGEST.total_seconds() / 3600
    _end(run, Q(), "run.too_long", f"The audit was ended after {hours:g} hours. Use fewer rows or checks.")


def _end_foreign(run: LeasedRun) -> None:
    _end(
        run,
        Q(state=RunState.QUEUED),
        "run.other_release",
        "The audit was requested under another release of Assay than the one that is running. Request it again.",
    )


def _recover(run: LeasedRun) -> None:
    if runs.requeue(run=run, expired=leases.expired()):
        logger.warning("run_requeued", extra={"run_id": str(run.pk), "attempts": run.attempts})
        return
    _end(
        run,
        leases.expired() & Q(attempts__gte=runs.MAX_ATTEMPTS),
        "run.worker_lost",
        f"The worker was lost {runs.MAX_ATTEMPTS} times while measuring, most often because memory ran out. Use"
        " fewer rows, or give the workers more memory, and request the audit again.",
    )


def _end(run: LeasedRun, still: Q, code_: str, sentence: str) -> None:
    ending = endings.errored(code_, sentence)
    if _WRITERS[type(run)](run_id=run.pk, ours=still, actor=Actor.system("sweeper"), ending=ending):
        logger.error("run_ended_by_sweeper", extra={"run_id": str(run.pk), "code": code_})
