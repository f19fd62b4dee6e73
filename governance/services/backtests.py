"""Back-tests: asked for, run by a worker under a lease, taken up where a lost worker left off."""

import json
import os
import socket
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from governance.gates import backtest
from governance.gates.backtest import Stored, Tally
from governance.gates.policy import parse
from governance.models import BackTest, BackTestState, Decision, Policy, PolicyState
from registry import queue
from registry.access import check
from registry.actors import Actor
from registry.errors import AssayError
from registry.ledger import record

MAX_ATTEMPTS: Final = 3
CHUNK: Final = 250  # decisions between two looks at the lease: about a second


def request(*, actor: Actor, policy: Policy) -> BackTest:
    """Ask what a policy would have made of past decisions; while one runs, that is the one."""
    with record.transaction():
        check.require(actor, "publish_policy", policy)
        policy = Policy.objects.locked().get(pk=policy.pk)
        parse(policy.body)
        running = BackTest.objects.filter(
            policy=policy, state__in=(BackTestState.QUEUED, BackTestState.RUNNING)
        )
        if (found := running.first()) is not None:
            return found
        in_force = Policy.objects.filter(
            organisation_id=policy.organisation_id, tier=policy.tier, state=PolicyState.PUBLISHED
        ).first()
        created = BackTest.objects.create(policy=policy, in_force=in_force, requested_by=actor.user)
        total = _decisions(created).count()
        BackTest.objects.filter(pk=created.pk).update(total=total, lease_until=Now() + _lease())
        _record("backtest.requested", actor, created)
        queue.enqueue(queue.RUN_BACKTEST, backtest_id=str(created.pk))
    created.refresh_from_db()
    return created


def run(backtest_id: str) -> bool:
    """Run one to its end; False when another worker has it or it is done."""
    holder = f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
    free = Q(state=BackTestState.QUEUED) | _lost()
    taken = BackTest.objects.filter(free, pk=backtest_id, attempts__lt=MAX_ATTEMPTS).update(
        state=BackTestState.RUNNING,
        attempts=F("attempts") + 1,
        lease_holder=holder,
        lease_until=Now() + _lease(),
    )
    if not taken:
        return False
    test = BackTest.objects.select_related("policy", "in_force").get(pk=backtest_id)
    try:
        return _run(test, holder)
    except AssayError as error:
        return _fail(test, holder, error.code, error.message)
    except Exception:
        _fail(test, holder, "backtest.fault", "The back-test ended because of a fault in Assay.")
        raise


def _run(test: BackTest, holder: str) -> bool:
    tally, reached, done = _tally(test), test.reached, test.done
    while chunk := _chunk(test, reached):
        for pk, dossier, outcome in chunk:
            tally.add(Stored(str(pk), dossier, outcome), test.policy.body)
        reached, done = chunk[-1][0], done + len(chunk)
        # The lease is renewed with the progress: whoever lost it learns so here, and stops.
        ours = _mine(test, holder).update(
            reached=reached, done=done, tally=json.dumps(tally.plain()), lease_until=Now() + _lease()
        )
        if not ours:
            return False
    return _finish(test, holder, tally)


def _tally(test: BackTest) -> Tally:
    return Tally.of(json.loads(test.tally)) if test.tally else Tally()


def _decisions(test: BackTest) -> QuerySet[Decision]:
    """The decisions that were there when it was asked for, so that it comes to an end."""
    return Decision.objects.filter(
        system__organisation_id=test.policy.organisation_id, decided_at__lte=test.requested_at
    )


def _chunk(test: BackTest, reached: uuid.UUID | None) -> list[tuple[uuid.UUID, str, str]]:
    rows = _decisions(test).order_by("pk").values_list("pk", "dossier", "outcome")
    return list((rows.filter(pk__gt=reached) if reached else rows)[:CHUNK])


def _finish(test: BackTest, holder: str, tally: Tally) -> bool:
    result = backtest.result(tally, test.policy.body, test.in_force.body if test.in_force else "")
    with record.transaction():
        ours = _mine(test, holder).update(
            state=BackTestState.DONE,
            result=json.dumps(result),
            tally="",
            lease_holder="",
            lease_until=None,
            finished_at=Now(),
        )
        if ours:
            counts = {name: result[name] for name in ("decided", "opens", "closes")}
            _record("backtest.finished", Actor.system("worker"), test, **counts)
    return bool(ours)


def _fail(test: BackTest, holder: str, code: str, sentence: str) -> bool:
    with record.transaction():
        ours = _mine(test, holder).update(
            state=BackTestState.FAILED, error=sentence, lease_holder="", lease_until=None, finished_at=Now()
        )
        if ours:
            _record("backtest.failed", Actor.system("worker"), test, error=code)
    return bool(ours)


def _mine(test: BackTest, holder: str) -> QuerySet[BackTest]:
    return BackTest.objects.filter(pk=test.pk, state=BackTestState.RUNNING, lease_holder=holder)


def _lost() -> Q:
    return Q(state=BackTestState.RUNNING, lease_until__lt=Now())


def sweep() -> int:
    """Send again what no worker has, and end what no worker can finish; how many were touched."""
    late = Q(state=BackTestState.QUEUED) & (Q(lease_until__lt=Now()) | Q(lease_until=None))
    return sum(map(_sent_again, BackTest.objects.filter(_lost() | late).select_related("policy")))


def _sent_again(test: BackTest) -> bool:
    if test.state == BackTestState.RUNNING and test.attempts >= MAX_ATTEMPTS:
        return _fail(test, test.lease_holder, "backtest.worker_lost", "The worker was lost three times.")
    same = BackTest.objects.filter(pk=test.pk, state=test.state, lease_holder=test.lease_holder)
    queued = same.filter(Q(lease_until__lt=Now()) | Q(lease_until=None)).update(
        state=BackTestState.QUEUED, lease_holder="", lease_until=Now() + _lease()
    )
    if queued:
        queue.send(queue.RUN_BACKTEST, backtest_id=str(test.pk))
    return bool(queued)


def _lease() -> timedelta:
    return timedelta(seconds=settings.ASSAY_RUN_LEASE_SECONDS)


def _record(code: str, actor: Actor, test: BackTest, **payload: Any) -> None:
    record.event(
        code,
        organisation_id=test.policy.organisation_id,
        subject=test,
        actor=actor,
        backtest_id=str(test.pk),
        policy_id=str(test.policy_id),
        digest=test.policy.digest,
        **payload,
    )


def newest(policies: Iterable[Policy]) -> dict[uuid.UUID, BackTest]:
    """The newest back-test of each policy that has one."""
    rows = BackTest.objects.filter(policy__in=list(policies)).order_by("requested_at")
    return {row.policy_id: row for row in rows}
