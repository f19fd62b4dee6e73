"""Whatever people do with waivers: a door opens exactly when the small model says so, and the year's budget holds.

CI takes a few hundred steps; ASSAY_MACHINE_STEPS=100000 takes as many as that says (the nightly setting).
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from governance.models import Waiver as Row
from governance.services import waivers
from tests.governance.machine.people import ROLES
from tests.governance.machine.sequence import Sequence, play
from tests.governance.machine.waiver_reference import BUDGET, CLIMB, Version, Waiver, WaiverReference
from tests.governance.machine.waiver_world import WaiverWorld

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
FORGED = "sha256:" + "0" * 64
HELD = {**ROLES, "dev2": {"validator"}}
people, which = st.sampled_from(tuple(HELD)), st.integers(0, 9)
askers = st.sampled_from(["dev", "dev", "olga", "vera", "dev2"])


class Exceptions(Sequence):
    """Acts on waivers of two versions of one model, and on the reference, side by side."""

    world: WaiverWorld
    model: WaiverReference
    opened, renewed, spent = 0, 0, 0

    def __init__(self) -> None:
        super().__init__()
        versions = [Version(number, number) for number in range(len(self.world.versions))]
        roles = {name: set(held) for name, held in HELD.items()}
        self.model = WaiverReference(now=self.world.now, roles=roles, versions=versions)
        self.rows: list[Row] = []
        self.numbers = len(versions)

    # --- facts change ------------------------------------------------------------------------------------------
    @rule(days=st.sampled_from([1, 6, 15, 29, 40, 200]))
    def time_passes(self, days: int) -> None:
        self.world.now += timedelta(days=days)
        self.model.now = self.world.now

    @rule(which=which)
    def it_is_measured_again(self, which: int) -> None:
        version, number = self.version(which), self.number()
        assert self.act(lambda: self.world.measure_again(self.world.versions[version.number], number)) is None
        version.evidence = number

    # --- waivers -----------------------------------------------------------------------------------------------
    @rule(name=askers, which=which, days=st.sampled_from([1, 10, 25, 30, 31, 45]), at_the_door=st.booleans())
    def one_is_asked_for(self, name: str, which: int, days: int, *, at_the_door: bool) -> None:
        version, length, made = self.version(which), timedelta(days=days), list[Row]()
        row = self.world.versions[version.number]
        error = self.act(
            lambda: made.append(self.world.ask_waiver(name, row, length, at_the_door=at_the_door))
        )
        expected = self.model.may_ask(version, name, length)
        assert (error is None) == expected, f"{name} asks: expected {expected}, got {error}"
        if error is None:
            renewal, starts = self.model.renewal(version), self.model.begins(version)
            ends = self.model.now + length
            assert (made[0].renewal, made[0].starts, made[0].expires_at) == (renewal, starts, ends)
            self.model.waivers.append(Waiver(version, version.evidence, name, starts, ends, renewal))
            self.rows.append(made[0])

    @precondition(lambda self: self.rows)
    @rule(name=people, which=which)
    def somebody_approves(self, name: str, which: int) -> None:
        self.approve(name, -1 - which % min(len(self.rows), 3))

    @precondition(lambda self: self.rows)
    @rule(which=which)
    def one_who_may_approves(self, which: int) -> None:
        """Chance seldom finds who may: here somebody is chosen who may, so that doors open too."""
        self.the_right_person_approves(-1 - which % min(len(self.rows), 3))

    @rule(which=which, days=st.sampled_from([10, 25, 30]))
    def the_usual_way(self, which: int, days: int) -> None:
        """Asked for, approved by who may, and then the door is asked."""
        before = len(self.rows)
        self.one_is_asked_for(name="dev", which=which, days=days, at_the_door=False)
        if len(self.rows) > before and self.the_right_person_approves(-1):
            self.a_pipeline_asks(which=which)

    @rule()
    def a_year_is_used_up(self) -> None:
        """Two months at once, and a renewal that no year has room for."""
        for which, days in ((0, 30), (1, 30), (0, 45)):
            self.the_usual_way(which=which, days=days)

    def the_right_person_approves(self, index: int) -> bool:
        """Where nobody may, somebody in the role tries it all the same, and is told why not."""
        waiver = self.model.waivers[index]
        able = [name for name in HELD if self.model.may_approve(waiver, name)]
        trying = [name for name in HELD if self.model.roles[name] & CLIMB[waiver.renewal]]
        for name in (able or trying)[:1]:
            self.approve(name, index)
        return bool(able)

    def approve(self, name: str, index: int) -> None:
        waiver, row = self.model.waivers[index], self.rows[index]
        had = self.model.used()
        error = self.act(lambda: waivers.approve(actor=self.world.actor(name), waiver=row, digest=row.digest))
        expected = self.model.may_approve(waiver, name)
        assert (error is None) == expected, f"{name} approves: expected {expected}, got {error}"
        if error is None:
            row.refresh_from_db()
            role = str(row.approved_role)
            assert role in self.model.roles[name] & CLIMB[waiver.renewal]
            waiver.state, waiver.approver, waiver.role = "approved", name, role
            waiver.approved_at = self.model.now
            type(self).renewed += waiver.renewal > 0
            event(f"renewal {waiver.renewal} is approved")
        elif error.code == "waiver.budget":
            type(self).spent += 1
            event(f"the budget is spent after {had.days} days")

    @precondition(lambda self: self.rows)
    @rule(delegate=st.sampled_from(["vera", "rita", "cora", "adam"]), which=which)
    def one_who_acts_for_its_author_tries(self, delegate: str, which: int) -> None:
        """While they do, and again when they do so no longer."""
        index = -1 - which % min(len(self.rows), 3)
        self.a_role_is_given(name="dev", role="approver")
        lent = len(self.model.lent)
        self.a_role_is_lent(delegator="dev", delegate=delegate, role="approver", days=1)
        self.approve(delegate, index)
        if len(self.model.lent) > lent:
            self.a_lent_role_is_taken_back(which=lent)
            self.approve(delegate, index)

    @precondition(lambda self: self.rows)
    @rule(name=people, which=which)
    def other_words_are_approved(self, name: str, which: int) -> None:
        row = self.rows[which % len(self.rows)]
        assert self.act(lambda: waivers.approve(actor=self.world.actor(name), waiver=row, digest=FORGED))

    @precondition(lambda self: self.rows)
    @rule(name=people, which=which, to=st.sampled_from(["refused", "revoked"]))
    def one_is_ended(self, name: str, which: int, to: str) -> None:
        index = -1 - which % min(len(self.rows), 3)
        waiver, row = self.model.waivers[index], self.rows[index]
        call = waivers.refuse if to == "refused" else waivers.revoke
        error = self.act(lambda: call(actor=self.world.actor(name), waiver=row, reason="No."))
        expected = self.model.may_end(waiver, name, "requested" if to == "refused" else "approved")
        assert (error is None) == expected, f"{name}: expected {expected}, got {error}"
        if error is None:
            waiver.state = to

    @rule(which=which, days=st.sampled_from([10, 25]))
    def the_approver_loses_the_role_for_a_while(self, which: int, days: int) -> None:
        self.the_usual_way(which=which, days=days)
        standing = [
            w for w in self.model.waivers if w.state == "approved" and w.version is self.version(which)
        ]
        for waiver in standing[-1:]:
            self.a_role_is_taken(name=waiver.approver, role=waiver.role)
            self.a_pipeline_asks(which=which)
            self.a_role_is_given(name=waiver.approver, role=waiver.role)
            self.a_pipeline_asks(which=which)

    @rule(which=which)
    def a_renewal_waits_for_its_beginning(self, which: int) -> None:
        """Approved already, it covers nothing before it begins, though the one before it is revoked."""
        self.the_usual_way(which=which, days=10)
        self.the_usual_way(which=which, days=25)
        if len(self.rows) > 1:
            self.one_is_ended(name="dev", which=1, to="revoked")
        self.a_pipeline_asks(which=which)

    # --- the door ----------------------------------------------------------------------------------------------
    @rule(which=which)
    def a_pipeline_asks(self, which: int) -> None:
        version = self.version(which)
        with self.world.clock():
            self.model.now = self.world.now
            verdict = self.world.verdict(self.world.versions[version.number])
        opens = self.model.door_is_open(version)
        assert verdict == ("allow_with_waiver" if opens else "deny")
        event(f"the door says {verdict}")
        type(self).opened += opens

    @invariant()
    def no_year_has_more_waiver_days_than_it_is_given(self) -> None:
        assert self.model.used() <= BUDGET

    def version(self, which: int) -> Version:
        return self.model.versions[which % len(self.model.versions)]


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the machine moves the clock; a server has its own")
def test_no_sequence_waives_wrongly() -> None:
    Exceptions.world = WaiverWorld(START)
    play(Exceptions, 150)
    shown = {"opened": Exceptions.opened, "renewed": Exceptions.renewed, "spent": Exceptions.spent}
    assert all(shown.values()), f"Not everything came about, so it was not shown: {shown}"
