"""Whatever people do in whatever order: the gate opens exactly when the small model says so, and denials are told.

CI takes a few thousand steps; ASSAY_MACHINE_STEPS=100000 takes as many as that says (the nightly setting).
"""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import connection
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from governance.models import ApprovalRequest
from governance.services import asking
from tests.governance.machine.people import MAY_ASK, ROLES, VOTERS
from tests.governance.machine.reference import EDITIONS, SEATS, Ballot, Lent, Reference, Request
from tests.governance.machine.sequence import Sequence, people, play, seats
from tests.governance.machine.world import World

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
FORGED = "sha256:" + "0" * 64
MOVED = "transition.completed"


class Decisions(Sequence):
    """Acts on the services and on the reference, side by side."""

    world: World
    model: Reference
    promoted = 0

    def __init__(self) -> None:
        super().__init__()
        self.requests: dict[int, ApprovalRequest] = {}
        self.model = Reference(now=self.world.now, roles={name: set(held) for name, held in ROLES.items()})

    # --- facts change ------------------------------------------------------------------------------------------
    @rule()
    def the_intended_use_is_written_anew(self) -> None:
        number = self.number()
        assert self.act(lambda: self.world.describe(number)) is None
        self.model.intended_use = number

    @rule(edition=st.sampled_from(sorted(EDITIONS)))
    def another_policy_is_published(self, edition: str) -> None:
        number = self.number()
        assert self.act(lambda: self.world.publish(edition, number)) is None
        self.model.policy, self.model.edition = number, edition

    @rule(well=st.sampled_from([True] * 8 + [False]))
    def it_is_tried_with_another_seed(self, well: bool) -> None:
        """Trying until it is green opens nothing, and a failure stays one."""
        number = self.number()
        assert self.act(lambda: self.world.measure(1000 + number, well)) is None
        if not well and self.model.measured_well:
            self.model.evidence, self.model.measured_well = number, False

    @rule(days=st.sampled_from([1, 10, 29, 31]))
    def time_passes(self, days: int) -> None:
        self.world.now += timedelta(days=days)
        self.model.now = self.world.now

    # --- the question and the words on it ----------------------------------------------------------------------
    @rule(name=people)
    def approval_is_asked_for(self, name: str) -> None:
        made: list[ApprovalRequest] = []
        error = self.act(lambda: made.append(self.world.ask(name)))
        assert (error is None) == bool(self.model.roles[name] & MAY_ASK), error
        if error is not None:
            return
        before, now = self.model.open_request(), self.model.subject()
        if before is not None and before.subject == now:
            assert self.requests[before.number].pk == made[0].pk
            return
        if before is not None:
            before.state = "replaced"
        request = Request(self.number(), now, name)
        self.model.requests.append(request)
        self.requests[request.number] = made[0]

    @precondition(lambda self: self.model.requests)
    @rule(
        name=people, role=seats, verdict=st.sampled_from(["approve"] * 6 + ["reject"]), via=st.integers(0, 9)
    )
    def somebody_votes(self, name: str, role: str, verdict: str, via: int) -> None:
        """Whoever, in whatever role, in their own right or for somebody: taken exactly when the rules say so."""
        asked = self.model.open_request() or self.model.requests[-1]
        lents = [None, *(lent for lent in self.model.lent if lent.delegate == name and lent.role == role)]
        self.cast_vote(asked, name, role, lents[via % len(lents)], verdict)

    @precondition(lambda self: self.model.open_request() is not None)
    @rule(role=seats)
    def one_who_may_votes(self, role: str) -> None:
        self.the_right_person_votes(role)

    def the_right_person_votes(self, role: str) -> None:
        """Chance seldom finds who may: here somebody is chosen who may, so that gates open too."""
        asked = self.model.open_request()
        if asked is None:
            return
        ways = [(name, None) for name in VOTERS] + [(lent.delegate, lent) for lent in self.model.lent]
        able = [
            (name, lent)
            for name, lent in ways
            if (lent is None or lent.role == role) and self.model.may_vote(asked, name, role, lent)
        ]
        if able:
            self.cast_vote(asked, able[0][0], role, able[0][1], "approve")

    @rule(asker=st.sampled_from(["dev", "dev", "olga"]), seats_filled=st.integers(1, 3))
    def some_of_a_round_is_done(self, asker: str, seats_filled: int) -> None:
        self.a_round_of_approval(asker, seats_filled)

    def a_round_of_approval(self, asker: str, seats_filled: int) -> None:
        """The usual way: the question is put as the facts are, and whoever may votes, seat by seat."""
        self.approval_is_asked_for(asker)
        for role in SEATS[:seats_filled]:
            if self.model.open_request() is not None:
                self.the_right_person_votes(role)

    @rule()
    def the_usual_way_to_production(self) -> None:
        """All seats, then the step: chance alone seldom opens a gate in a few hundred steps."""
        self.a_round_of_approval("dev", len(SEATS))
        self.it_is_to_be_promoted("dev")

    def cast_vote(self, asked: Request, name: str, role: str, lent: Lent | None, verdict: str) -> None:
        delegation = self.lent[lent.number] if lent else None
        error = self.act(
            lambda: self.world.vote(name, self.requests[asked.number], verdict, role, delegation)
        )
        expected = self.model.may_vote(asked, name, role, lent)
        assert (error is None) == expected, f"{name} as {role}: expected {expected}, got {error}"
        if error is None:
            self.model.ballots.append(
                Ballot(name, role, verdict, asked.subject, asked.number, self.model.now, lent)
            )
            asked.state = "rejected" if verdict == "reject" else asked.state

    @precondition(lambda self: self.model.open_request() is not None)
    @rule(name=st.sampled_from(["root", "ci"]), role=seats)
    def somebody_without_a_voice_votes(self, name: str, role: str) -> None:
        asked = self.model.open_request()
        assert asked is not None
        assert self.act(lambda: self.world.vote(name, self.requests[asked.number], "approve", role))

    @precondition(lambda self: self.model.open_request() is not None)
    @rule(name=people, role=seats)
    def a_vote_is_signed_on_another_digest(self, name: str, role: str) -> None:
        asked = self.model.open_request()
        assert asked is not None
        call = partial(self.world.vote, name, self.requests[asked.number], "approve", role, digest=FORGED)
        assert self.act(call) is not None

    # --- the gate ----------------------------------------------------------------------------------------------
    @rule()
    def a_pipeline_asks(self) -> None:
        with self.world.clock():
            self.model.now = self.world.now
            opened = self.world.gate()
        assert opened == self.model.door_is_open()
        event(f"the door is {'open' if opened else 'closed'}")

    @rule(name=people)
    def somebody_wants_it_promoted(self, name: str) -> None:
        self.it_is_to_be_promoted(name)

    def it_is_to_be_promoted(self, name: str) -> None:
        before = self.world.told(MOVED)
        error = self.act(lambda: self.world.move(name, "production"))
        allowed = bool(self.model.roles[name] & MAY_ASK) and self.model.may_move()
        moved = self.world.told(MOVED) - before
        assert (error is None) == allowed, f"expected {allowed}, got {error}"
        assert moved == int(allowed)
        if error is None:
            event("promoted")
            type(self).promoted += 1
            self.model.stage = "production"
            asked = self.model.open_request()
            if asked is not None:
                asked.state = "used"

    @precondition(lambda self: self.model.stage == "production")
    @rule()
    def it_is_stopped(self) -> None:
        assert self.act(lambda: self.world.move("dev", "suspended")) is None
        self.model.stage = "suspended"

    @invariant()
    def every_answer_can_be_decided_again(self) -> None:
        newest = self.world.version.decisions.order_by("-decided_at", "-pk").first()
        assert newest is None or asking.replay(newest) == newest.outcome


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the machine moves the clock; a server has its own")
def test_no_sequence_opens_the_gate_wrongly() -> None:
    Decisions.world = World(START)
    play(Decisions, 600)
    assert Decisions.promoted, "No sequence got anything promoted, so nothing was shown."
