"""What the lines about data and measurements say, whole: how it stands, whose it is, and what clears it."""

from dataclasses import replace
from typing import Any

import pytest

from governance.gates.requirements.measured import AUDIT, REPRODUCE, DatasetsRegistered, EvidencePresent
from governance.gates.spec import Dossier, ReproductionFacts, State
from tests.governance.gates import facts
from tests.governance.gates.test_evidence_lines import after, finding

MADE_AGAIN = ReproductionFacts("run-1", "again-1", True, True, "rita", 0, facts.ago(days=1))


@pytest.mark.parametrize(
    ("demand", "dossier", "state", "sentence", "clears"),
    [
        ({}, after(), State.OPEN, "Nothing was measured about differences between groups.", AUDIT),
        (
            {},
            after(facts.run(requested_at=facts.ago(days=8))),
            State.OPEN,
            "What was measured about differences between groups had no plan and seed sealed before; it is exploratory.",
            AUDIT,
        ),
        (
            {"within_days": 5},
            after(facts.run()),
            State.STALE,
            "The measurements of differences between groups are older than 5 days.",
            AUDIT,
        ),
        (
            {"within_days": 6},
            after(facts.run()),
            State.MET,
            "Measurements of differences between groups are there, on a plan sealed before.",
            "",
        ),
        (
            {"level": "reproduced"},
            after(facts.run()),
            State.OPEN,
            "The measurements of differences between groups were not made again by somebody who had no part in them.",
            REPRODUCE,
        ),
        (
            {"level": "reproduced"},
            after(facts.run(), reproductions=(replace(MADE_AGAIN, matched=False),)),
            State.INSUFFICIENT,
            "The measurements of differences between groups came out otherwise when they were made again.",
            "Find out why, correct it, and run the audit anew; then have it made again.",
        ),
        (
            {"level": "reproduced"},
            after(facts.run(), reproductions=(MADE_AGAIN,)),
            State.MET,
            "Measurements of differences between groups were made again by somebody else, with the same result.",
            "",
        ),
    ],
)
def test_what_was_measured(
    demand: dict[str, Any], dossier: Dossier, state: State, sentence: str, clears: str
) -> None:
    wanted = EvidencePresent.of({"kind": "bias", **demand})
    (line,) = wanted.findings(dossier)
    requirement = f"Evidence: differences between groups, {demand.get('level', 'measured')} here"
    assert line == finding("evidence.bias", state, sentence, requirement, clears)
    assert wanted.disturbs(line) is (clears != REPRODUCE)


def test_a_touched_or_other_measurement_is_none() -> None:
    for run in (facts.run(intact=False), facts.run(kinds=("performance",))):
        assert EvidencePresent("bias", within_days=90).holds_until(after(run)) is None
        assert EvidencePresent("bias").findings(after(run))[0].state is State.OPEN


def test_what_does_not_reach_the_level_ends_at_no_time() -> None:
    demand = EvidencePresent("bias", "reproduced", within_days=90)
    assert demand.holds_until(after(facts.run())) is None
    assert demand.holds_until(after(facts.run(), reproductions=(MADE_AGAIN,))) == facts.ago(days=-85)


@pytest.mark.parametrize(
    ("asked", "state", "clears"),
    [
        (2, State.MET, ""),
        (3, State.OPEN, "Register a dataset version with its columns and their roles."),
    ],
)
def test_registered_data(asked: int, state: State, clears: str) -> None:
    (line,) = DatasetsRegistered.of({"at_least": asked}).findings(facts.bare())
    sentence = f"2 of {asked} dataset versions are registered."
    assert line == finding("datasets", state, sentence, "Registered data", clears, "data_steward")


def test_a_policy_may_leave_level_and_age_out() -> None:
    assert EvidencePresent.of({"kind": "bias"}) == EvidencePresent("bias", "measured", None)
    assert EvidencePresent.of({"kind": "bias", "level": "uploaded", "within_days": 9}) == EvidencePresent(
        "bias", "uploaded", 9
    )
