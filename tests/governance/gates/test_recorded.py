"""The demand that the log was verified lately."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from governance.gates.dates import AnchorFacts, VerificationFacts
from governance.gates.requirements.recorded import COVERED, OUTSIDE, LedgerVerified
from governance.gates.spec import Dossier, Finding, State
from tests.governance.gates.facts import NOW, ago, bare


def verified(at: datetime | None, *, holds: bool = True, anchored_at: datetime | None = None) -> Dossier:
    dossier = bare()
    last = VerificationFacts(at, 10, holds) if at else None
    anchor = AnchorFacts(anchored_at, 9) if anchored_at else None
    return replace(dossier, log=replace(dossier.log, verification=last, anchor=anchor))


def reached(size: int, *, voted: int = 8, hours: int = 1) -> Dossier:
    dossier = verified(NOW)
    return replace(dossier, log=replace(dossier.log, anchor=AnchorFacts(ago(hours=hours), size), voted=voted))


def test_it_works() -> None:
    (finding,) = LedgerVerified(24).findings(verified(ago(hours=3)))
    assert (finding.code, finding.state) == ("ledger.verified", State.MET)
    assert LedgerVerified(24).holds_until(verified(ago(hours=3))) == NOW + timedelta(hours=21)


@pytest.mark.parametrize(
    ("dossier", "state", "words"),
    [
        (verified(None), State.OPEN, "not verified yet"),
        (verified(ago(hours=1), holds=False), State.OPEN, "does not hold"),
        (verified(ago(hours=24)), State.STALE, "more than 24 hours ago"),
    ],
)
def test_anything_else_is_open(dossier: Dossier, state: State, words: str) -> None:
    (finding,) = LedgerVerified(24).findings(dossier)
    assert finding.state is state
    assert words in finding.sentence
    assert finding.clears


def test_an_anchor_that_is_asked_for_and_not_there_is_open() -> None:
    demand = LedgerVerified.of({"verified_within_hours": 24, "anchored_within_hours": 48})
    _, missing = demand.findings(verified(ago(hours=1)))
    assert (missing.code, missing.state) == ("ledger.anchored", State.OPEN)
    assert "No checkpoint of the log lies outside yet" in missing.sentence
    _, old = demand.findings(verified(ago(hours=1), anchored_at=ago(hours=48)))
    assert old.state is State.STALE
    _, met = demand.findings(verified(ago(hours=1), anchored_at=ago(hours=47)))
    assert met.state is State.MET
    assert demand.holds_until(verified(ago(hours=1), anchored_at=ago(hours=47))) == NOW + timedelta(hours=1)


def test_without_a_verification_nothing_holds_until() -> None:
    assert LedgerVerified(24).holds_until(verified(None)) is None


@pytest.mark.parametrize(
    ("dossier", "state", "sentence"),
    [
        (verified(None), State.OPEN, "The log was not verified yet."),
        (
            verified(ago(hours=1), holds=False),
            State.OPEN,
            "The log does not hold: its last verification found a break.",
        ),
        (verified(ago(hours=24)), State.STALE, "The log was last verified more than 24 hours ago."),
        (verified(ago(hours=23)), State.MET, "The log's first 10 entries were verified and hold."),
    ],
)
def test_what_is_said_of_the_verification(dossier: Dossier, state: State, sentence: str) -> None:
    clears = "" if state is State.MET else "Have the log verified and repaired."
    assert LedgerVerified.of({"verified_within_hours": 24}).findings(dossier) == (
        Finding("ledger.verified", state, sentence, "Log verified", "operator", clears),
    )


@pytest.mark.parametrize(
    ("dossier", "state", "sentence"),
    [
        (verified(None), State.OPEN, "No checkpoint of the log lies outside yet."),
        (verified(NOW), State.OPEN, "No checkpoint of the log lies outside yet."),
        (
            verified(NOW, anchored_at=ago(hours=48)),
            State.STALE,
            "The log was last anchored more than 48 hours ago.",
        ),
        (verified(NOW, anchored_at=ago(hours=47)), State.MET, "The log is anchored outside."),
    ],
)
def test_what_is_said_of_the_anchor(dossier: Dossier, state: State, sentence: str) -> None:
    clears = "" if state is State.MET else OUTSIDE
    demand = LedgerVerified.of({"verified_within_hours": 24, "anchored_within_hours": 48})
    assert demand.findings(dossier)[1] == Finding(
        "ledger.anchored", state, sentence, "Log anchored", "operator", clears
    )


def test_what_is_past_bounds_nothing() -> None:
    demand = LedgerVerified(24, 48)
    assert LedgerVerified(24).holds_until(verified(ago(hours=24), anchored_at=ago(hours=48))) is None
    soon = NOW + timedelta(minutes=1)  # the next anchor is waited for
    assert demand.holds_until(verified(ago(hours=24), anchored_at=ago(hours=48))) == soon
    assert demand.holds_until(verified(ago(hours=24), anchored_at=ago(hours=40))) == NOW + timedelta(hours=8)
    assert LedgerVerified(24).holds_until(verified(NOW, anchored_at=ago(hours=40))) == NOW + timedelta(
        hours=24
    )


def test_an_anchor_of_the_whole_log_does_not_grow_old() -> None:
    demand = LedgerVerified(24, 48)
    assert demand.findings(reached(10, hours=1000))[1].state is State.MET
    assert demand.holds_until(reached(10, hours=1000)) == NOW + timedelta(hours=24)
    assert demand.findings(reached(9, hours=1000))[1].state is State.STALE


@pytest.mark.parametrize(
    ("dossier", "state", "words"),
    [
        (reached(8), State.MET, "first 8 entries, votes included"),
        (reached(7), State.OPEN, "covers the newest vote, entry 7 of the log"),
        (reached(9, voted=0), State.OPEN, "no vote yet"),
    ],
)
def test_votes_must_lie_outside_where_that_is_asked(dossier: Dossier, state: State, words: str) -> None:
    demand = LedgerVerified.of({"verified_within_hours": 24, "anchor_covers_approvals": True})
    _, found = demand.findings(dossier)
    assert (found.code, found.state) == ("ledger.covered", state)
    assert words in found.sentence
    assert found.clears == ("" if state is State.MET else COVERED)


def test_what_to_do_about_a_missing_anchor_is_said() -> None:
    assert OUTSIDE == (
        "Wait until the worker has taken the next checkpoint outside, a minute or two. If it does not, the page of"
        " checkpoints says which place did not answer, or that none is named."
    )
    assert OUTSIDE.replace("the next checkpoint", "a checkpoint with the votes") == COVERED


@pytest.mark.parametrize("dossier", [verified(NOW), reached(8, hours=48), reached(7, hours=49)])
def test_a_denial_that_waits_for_a_newer_anchor_does_not_live_on(dossier: Dossier) -> None:
    assert LedgerVerified(24, 48).holds_until(dossier) == NOW + timedelta(minutes=1)


def test_a_denial_that_waits_for_an_anchor_does_not_live_on() -> None:
    demand = LedgerVerified(24, None, anchor_covers_approvals=True)
    assert demand.holds_until(reached(7)) == NOW + timedelta(minutes=1)
    assert demand.holds_until(reached(8)) == NOW + timedelta(hours=24)
