"""A sequence of acts on the services: where it begins and is undone, how an act is done, and people who come and go."""

import os
from collections.abc import Callable
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from governance.models import Delegation
from registry.errors import Denied
from tests.governance.machine.people import VOTERS
from tests.governance.machine.reference import SEATS, Lent, People
from tests.governance.machine.world import World, refused

STEPS_EACH = 50
TOLD = ("access.denied", "approval.refused", "approval.vote_refused", "waiver.excluded")
people, seats = st.sampled_from(VOTERS), st.sampled_from(SEATS)


class Sequence(RuleBasedStateMachine):
    """Acts on the services and on a model, side by side."""

    world: World  # made once; every sequence starts from it and is rolled back
    model: People

    def __init__(self) -> None:
        super().__init__()
        self.sequence = transaction.atomic()
        self.sequence.__enter__()
        self.began = (self.world.now, self.world.version)
        self.lent: dict[int, Delegation] = {}
        self.numbers = 2

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.sequence.__exit__(None, None, None)
        self.world.now, self.world.version = self.began

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def act(self, call: Callable[[], Any]) -> Any:
        """Do it at the machine's moment. A denial must be told in the log, whoever was denied."""
        before = self.world.told(*TOLD)
        with self.world.clock():
            self.model.now = self.world.now
            error = refused(call)
        if isinstance(error, Denied):
            assert self.world.told(*TOLD) == before + 1, error
        return error

    # --- people come and go ------------------------------------------------------------------------------------
    @rule(name=people, role=seats)
    def a_role_is_given(self, name: str, role: str) -> None:
        if name == "olga":
            return
        assert self.act(lambda: self.world.give(name, role)) is None
        self.model.roles[name].add(role)

    @rule(name=people, role=seats)
    def a_role_is_taken(self, name: str, role: str) -> None:
        if role not in self.model.roles[name] or name == "rita":
            return  # Rita publishes policies
        if (name, role) == ("cora", "compliance_officer"):
            return  # and Cora drafts them
        assert self.act(lambda: self.world.take(name, role)) is None
        self.model.roles[name].discard(role)

    @rule(delegator=people, delegate=people, role=seats, days=st.sampled_from([1, 40]))
    def a_role_is_lent(self, delegator: str, delegate: str, role: str, days: int) -> None:
        made: list[Delegation] = []
        if self.act(lambda: made.append(self.world.lend(delegator, delegate, role, days))) is not None:
            return
        assert role in self.model.roles[delegator]
        assert delegator != delegate
        lent = Lent(self.number(), delegator, delegate, role, made[0].ends_at)
        self.model.lent.append(lent)
        self.lent[lent.number] = made[0]

    @precondition(lambda self: self.model.lent)
    @rule(which=st.integers(0, 9))
    def a_lent_role_is_taken_back(self, which: int) -> None:
        lent = self.model.lent[which % len(self.model.lent)]
        error = self.act(lambda: self.world.take_back(self.lent[lent.number]))
        # Who has no role any more sees nothing here, and what they lent rests until they have it again.
        may = bool(self.model.roles[lent.delegator])
        running = lent.number not in self.model.revoked and self.model.now < lent.until
        assert (error is None) == (may and running)
        if may:
            self.model.revoked.add(lent.number)


def play(machine: type[Sequence], steps: int) -> None:
    """Play sequences of together so many steps, the same each time; with ASSAY_MACHINE_STEPS so many, others each time.

    The first is what every change waits for; the second is the nightly setting, which finds what nobody thought of.
    """
    nightly = os.environ.get("ASSAY_MACHINE_STEPS")
    steps = int(nightly or steps)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(steps // STEPS_EACH, 1),
            stateful_step_count=STEPS_EACH,
            derandomize=nightly is None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
        ),
    )
