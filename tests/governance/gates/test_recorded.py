"""The demand that the log was verified lately."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from governance.gates.dates import VerificationFacts
from governance.gates.requirements.recorded import LedgerVerified
from governance.gates.spec import Dossier, State
from tests.governance.gates.facts import NOW, ago, bare


def verified(at: datetime | None, *, holds: bool = True, anchored_at: datetime | None = None) -> Dossier:
    dossier = bare()
    last = VerificationFacts(at, 10, holds, anchored_at) if at else None
    return replace(dossier, log=replace(dossier.log, verification=last))


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
    assert "anchors are not configured" in missing.sentence
    _, old = demand.findings(verified(ago(hours=1), anchored_at=ago(hours=48)))
    assert old.state is State.STALE
    _, met = demand.findings(verified(ago(hours=1), anchored_at=ago(hours=47)))
    assert met.state is State.MET
    assert demand.holds_until(verified(ago(hours=1), anchored_at=ago(hours=47))) == NOW + timedelta(hours=1)


def test_without_a_verification_nothing_holds_until() -> None:
    assert LedgerVerified(24).holds_until(verified(None)) is None
