"""Sixteen people at once on a real server: the order of the log explains every answer.

Each entry must be lawful where it stands, by the same small model that judges the machine; every answer that somebody
got must be one entry, and nothing stands in the log that nobody did.
"""

import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from governance.models import ApprovalRequest, Decision
from registry.errors import AssayError
from registry.ledger.verify import verify_log
from registry.models import LedgerEntry, User
from tests.governance.machine.people import ROLES
from tests.governance.machine.reference import Ballot, Reference, Request
from tests.governance.machine.world import World

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgresql,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer in at a time"),
]
WRITERS, ACTS_EACH = 16, 6
VOTES = (("vera", "validator"), ("cora", "compliance_officer"), ("adam", "approver"))


class Crowd:
    """Threads that act on one version, and what each was answered."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.random = world, random.Random(seed)
        self.answers: Counter[str] = Counter()
        self.faults: list[str] = []
        self.lock = threading.Lock()

    def run(self) -> None:
        plans = [[self.random.choice(self.acts())() for _ in range(ACTS_EACH)] for _ in range(WRITERS)]
        start = threading.Barrier(WRITERS)
        threads = [threading.Thread(target=self.work, args=(start, plan)) for plan in plans]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)

    def acts(self) -> list[Callable[[], tuple[str, Callable[[], Any]]]]:
        """What somebody may do, drawn before the threads start so that a seed is a plan."""
        return [
            *[self.vote] * 6,
            self.ask,
            self.ask,
            self.promote,
            self.promote,
            self.describe,
            self.role,
            self.door,
            self.door,
        ]

    def vote(self) -> tuple[str, Callable[[], Any]]:
        name, role = self.random.choice(VOTES)
        return "approval.voted", lambda: self.world.vote(name, self.newest(), "approve", role)

    def newest(self) -> ApprovalRequest:
        found: ApprovalRequest = ApprovalRequest.objects.order_by("-requested_at").first()  # type: ignore[assignment]
        return found

    def ask(self) -> tuple[str, Callable[[], Any]]:
        return "", lambda: self.world.ask("dev")

    def promote(self) -> tuple[str, Callable[[], Any]]:
        return "transition.completed", lambda: self.world.move("dev", "production")

    def describe(self) -> tuple[str, Callable[[], Any]]:
        number = self.random.randrange(10**6)
        return "document.added", lambda: self.world.describe(number)

    def role(self) -> tuple[str, Callable[[], Any]]:
        name, role = self.random.choice(VOTES)
        take = self.random.random() < 0.5
        call = self.world.take if take else self.world.give
        return "", lambda: call(name, role)

    def door(self) -> tuple[str, Callable[[], Any]]:
        return "", self.world.gate

    def work(self, start: threading.Barrier, plan: list[tuple[str, Callable[[], Any]]]) -> None:
        start.wait()
        for event, call in plan:
            try:
                call()
            except AssayError:
                event = ""
            except Exception as error:  # noqa: BLE001 - a fault is an answer that no test expects
                with self.lock:
                    self.faults.append(repr(error))
                continue
            with self.lock:
                self.answers[event] += 1
        connection.close()


class Judge:
    """Reads the log from an index on and checks that each entry was lawful where it stands."""

    def __init__(self, world: World, model: Reference) -> None:
        self.model, self.names = model, {str(u.pk): u.username for u in User.objects.all()}
        self.version = str(world.version.pk)
        self.requests: dict[str, Request] = {}
        self.open_at: dict[int, bool] = {}
        self.number = 1000

    def read(self, index: int, entry: dict[str, Any]) -> None:
        self.open_at[index] = self.model.door_is_open()
        handler = getattr(self, "on_" + entry["event"].replace(".", "_"), None)
        if handler is not None:
            handler(self.names.get(entry["actor"]["id"], "?"), entry["data"])
        self.open_at[index + 1] = self.model.door_is_open()

    def on_document_added(self, name: str, data: dict[str, Any]) -> None:
        self.number += 1
        self.model.intended_use = self.number

    def on_role_granted(self, name: str, data: dict[str, Any]) -> None:
        self.model.roles[self.names[data["user_id"]]].add(data["role"])

    def on_role_revoked(self, name: str, data: dict[str, Any]) -> None:
        self.model.roles[self.names[data["user_id"]]].discard(data["role"])

    def on_approval_requested(self, name: str, data: dict[str, Any]) -> None:
        self.number += 1
        request = Request(self.number, self.model.subject(), name)
        self.model.requests.append(request)
        self.requests[data["request_id"]] = request

    def on_approval_replaced(self, name: str, data: dict[str, Any]) -> None:
        self.requests[data["request_id"]].state = "replaced"

    def on_approval_voted(self, name: str, data: dict[str, Any]) -> None:
        asked = self.requests[data["request_id"]]
        assert self.model.may_vote(asked, name, data["role"], None), f"{name} voted as {data['role']}"
        self.model.ballots.append(
            Ballot(name, data["role"], data["verdict"], asked.subject, asked.number, self.model.now)
        )

    def on_transition_completed(self, name: str, data: dict[str, Any]) -> None:
        assert self.model.may_move(), "promoted through a closed gate"
        self.model.stage = data["to_stage"]
        for request in self.model.requests:
            request.state = "used" if request.state == "open" else request.state

    def on_transition_refused(self, name: str, data: dict[str, Any]) -> None:
        assert not self.model.may_move(), "refused at an open gate"


@pytest.mark.parametrize("seed", range(2))
def test_the_order_of_the_log_explains_every_answer(seed: int) -> None:
    world = World(datetime.now(UTC), frozen=False)
    world.ask("dev")
    for name, role in VOTES[:2]:
        world.vote(name, ApprovalRequest.objects.get(), "approve", role)
    model = Reference(now=datetime.now(UTC), roles={name: set(held) for name, held in ROLES.items()})
    judge = Judge(world, model)
    before = start_of_question()
    crowd = Crowd(world, seed)
    crowd.run()
    assert crowd.faults == []
    entries = list(LedgerEntry.objects.filter(organisation_id=world.cast.acme.pk).order_by("index"))
    assert [entry.index for entry in entries] == list(range(len(entries)))
    for entry in entries[before:]:
        judge.read(entry.index, json.loads(bytes(entry.body)))
    told = Counter(entry.event for entry in entries[before:])
    for event in ("approval.voted", "transition.completed", "document.added"):
        extra = 2 if event == "approval.voted" else 0
        assert told[event] == crowd.answers[event] + extra
    assert told["transition.completed"] <= 1
    for decision in Decision.objects.filter(environment="production"):
        assert (decision.verdict == "allow") == judge.open_at[decision.log_size]
    assert verify_log(world.cast.acme.pk).holds


def start_of_question() -> int:
    """The index of the first request: what came before it set the stage."""
    entry = LedgerEntry.objects.filter(event="approval.requested").order_by("index").first()
    assert entry is not None
    return int(entry.index)
