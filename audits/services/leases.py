"""The lease on a run: who works on it. Whoever lost it changes nothing any more.

Times are the database's, so that workers with different clocks agree on when a lease has run out.
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from audits.models import AuditRun, LeasedRun, RunState
from audits.services import code, runs

logger = logging.getLogger(__name__)

STEP_LENGTH = 100
# So fast a cancelled run frees its worker, and progress moves on the page.
BEAT_SECONDS = 1.0


class LeaseLost(Exception):
    """The run was cancelled, or taken by another worker: stop, and keep nothing."""


def expired() -> Q:
    """Runs whose worker has not been heard of for the length of a lease."""
    return Q(state=RunState.RUNNING, lease_until__lt=Now())


def take(run_id: str, kind: type[LeasedRun] = AuditRun) -> "Lease | None":
    """Take a queued or abandoned run by one conditional update; None when it is not to be had.

    A worker of another release leaves it alone: its numbers could differ from those that were asked for.
    """
    holder = f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
    taken = (
        kind._default_manager.filter(Q(state=RunState.QUEUED) | expired(), pk=run_id)
        .filter(
            state__in=runs.before(RunState.RUNNING),
            attempts__lt=runs.MAX_ATTEMPTS,
            code_version=code.VERSION,
        )
        .update(
            state=RunState.RUNNING,
            step="Starting",
            progress=0,
            attempts=F("attempts") + 1,
            lease_holder=holder,
            lease_until=Now() + _length(),
            started_at=Coalesce("started_at", Now()),
        )
    )
    return Lease(run_id, holder, kind) if taken else None


def _length() -> timedelta:
    return timedelta(seconds=settings.ASSAY_RUN_LEASE_SECONDS)


class Lease:
    """One worker's hold on one run, renewed by a thread for as long as the worker lives."""

    def __init__(self, run_id: str, holder: str, kind: type[LeasedRun] = AuditRun) -> None:
        self.run_id = run_id
        self.holder = holder
        self.kind = kind
        self._lost = threading.Event()
        self._done = threading.Event()
        self._said: tuple[int, str] = (0, "Starting")
        self._sure_until = time.monotonic() + _length().total_seconds()

    def held(self) -> "QuerySet[LeasedRun]":
        """The run, if it is still ours: whatever a worker writes goes through this."""
        rows = self.kind._default_manager.filter(pk=self.run_id)
        return rows.filter(state=RunState.RUNNING, lease_holder=self.holder)

    def report(self, step: str, fraction: float) -> None:
        """Say how far the work is; raises LeaseLost when it is no longer wanted."""
        if self._lost.is_set():
            raise LeaseLost(self.run_id)
        # Only remembered here; the heartbeat writes it, so a talkative engine costs no database writes.
        self._said = (min(max(round(fraction * 100), 0), 100), step[:STEP_LENGTH])

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the lease alive while the block works; raises LeaseLost at its end when it was lost."""
        thread = threading.Thread(target=self._beat, name=f"heartbeat-{self.run_id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()
        if self._lost.is_set():
            raise LeaseLost(self.run_id)

    def _beat(self) -> None:
        pause = min(BEAT_SECONDS, settings.ASSAY_RUN_LEASE_SECONDS / 4)
        try:
            while not self._done.wait(pause) and not self._lost.is_set():
                self.renew()
        finally:
            connection.close()  # this thread's own

    def renew(self) -> None:
        """Write the progress and move the lease on, in one update; notice when there is none any more."""
        asked = time.monotonic()
        progress, step = self._said
        try:
            ours = self.held().update(lease_until=Now() + _length(), progress=progress, step=step)
        except DatabaseError:
            # The database may be back before the lease has run out; after that another worker may have the run.
            logger.warning("heartbeat_failed", extra={"run_id": self.run_id}, exc_info=True)
            if time.monotonic() > self._sure_until:
                self._lost.set()
            return
        if ours:
            self._sure_until = asked + _length().total_seconds()
        else:
            self._lost.set()
