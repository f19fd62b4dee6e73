"""The table of steps."""

import pytest

from governance import lifecycle
from registry.access.table import PERMISSIONS
from registry.stages import SystemStage, VersionStage

STAGES = {lifecycle.SYSTEM: SystemStage, lifecycle.MODEL_VERSION: VersionStage}


def test_the_way_to_production_leads_through_every_gate() -> None:
    way = [
        (lifecycle.SYSTEM, "problem_definition", "data_sourcing", "G1"),
        (lifecycle.SYSTEM, "data_sourcing", "feature_engineering", "G2"),
        (lifecycle.SYSTEM, "feature_engineering", "development", "G3"),
        (lifecycle.MODEL_VERSION, "development", "validation", "G4"),
        (lifecycle.MODEL_VERSION, "validation", "compliance", "G5"),
        (lifecycle.MODEL_VERSION, "compliance", "production", "G6"),
        (lifecycle.MODEL_VERSION, "monitoring", "monitoring", "G7"),
    ]
    for subject, here, there, gate in way:
        row = lifecycle.find(subject, here, there)
        assert row is not None
        assert row.gate == gate
    assert [gate for *_, gate in way] == list(lifecycle.GATES)


def test_each_step_is_one_row_of_known_words() -> None:
    steps = [(row.subject, row.from_stage, row.to_stage) for row in lifecycle.TRANSITIONS]
    assert len(steps) == len(set(steps))
    for row in lifecycle.TRANSITIONS:
        assert row.from_stage in STAGES[row.subject].values
        assert row.to_stage in STAGES[row.subject].values
        assert row.permissions
        assert set(row.permissions) <= PERMISSIONS.keys()
        assert row.gate is None or row.gate in lifecycle.GATES


def test_nothing_enters_production_without_a_gate() -> None:
    entering = [row for row in lifecycle.TRANSITIONS if row.to_stage == VersionStage.PRODUCTION]
    assert {row.from_stage for row in entering} == {"compliance", "suspended"}
    assert all(row.gate == "G6" for row in entering)


@pytest.mark.parametrize("subject", STAGES)
def test_every_stage_can_be_reached_and_only_ends_are_ends(subject: str) -> None:
    stages = set(STAGES[subject].values)
    reached = {row.to_stage for row in lifecycle.TRANSITIONS if row.subject == subject}
    assert stages - reached <= {"problem_definition", "development"}
    left = {row.from_stage for row in lifecycle.TRANSITIONS if row.subject == subject}
    assert stages - left == {"retired"} | ({"rejected"} if subject == lifecycle.MODEL_VERSION else set())


def test_assay_by_itself_only_stops() -> None:
    own = {(row.subject, row.from_stage, row.to_stage) for row in lifecycle.TRANSITIONS if row.by_assay}
    assert own == {
        (lifecycle.MODEL_VERSION, "production", "suspended"),
        (lifecycle.MODEL_VERSION, "monitoring", "suspended"),
    }
    assert all(row.gate is None for row in lifecycle.TRANSITIONS if row.by_assay)


def test_the_steps_from_a_stage_stand_in_the_tables_order() -> None:
    assert [row.name for row in lifecycle.steps_from(lifecycle.MODEL_VERSION, "compliance")] == [
        "compliance→production",
        "compliance→development",
        "compliance→rejected",
        "compliance→retired",
    ]
    # Both kinds have a stage of this name, with steps of their own.
    assert [row.name for row in lifecycle.steps_from(lifecycle.SYSTEM, "development")] == [
        "development→live",
        "development→feature_engineering",
        "development→retired",
    ]
    assert lifecycle.steps_from(lifecycle.SYSTEM, "production") == ()
