"""What the lines about the quality of data say, whole: how it stands, whose it is, what clears it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from governance.gates.requirements.features import FeaturesDocumented, SchemaLocked
from governance.gates.requirements.quality import DataQuality, no_data
from governance.gates.spec import Finding, State
from tests.governance.gates import facts
from tests.governance.gates.test_data import PROXY, only, snapshot, sound, the_system

PROFILE = "Run the data-quality checks on train 1."
BETTER = "Correct the data of train and register a new version."
MORE = "Register a version of train with more rows where there are too few."


@pytest.mark.parametrize("code", ["data_quality", "schema_locked", "features_documented", "proxy_review"])
def test_without_data_it_is_said_whose_turn_it_is(code: str) -> None:
    assert no_data(code, sound()) == Finding(
        code=code,
        state=State.OPEN,
        sentence="The version names no dataset version it was made from.",
        requirement="Registered data",
        owner_role="developer",
        clears="Register a new version that names the dataset versions it was made from.",
    )
    assert no_data(code, the_system()) == Finding(
        code=code,
        state=State.OPEN,
        sentence="No data are registered.",
        requirement="Registered data",
        owner_role="data_steward",
        clears="Register a dataset version with its columns and their roles.",
    )
    demand = next(
        one for one in (DataQuality(), SchemaLocked(), FeaturesDocumented(), PROXY) if one.name == code
    )
    for dossier in (sound(), the_system()):
        without = replace(dossier, datasets=())
        assert demand.findings(without) == (no_data(code, without),)


# --- data quality


def quality(state: State, sentence: str, clears: str, check: str = "") -> Finding:
    code = f"data_quality.train.{check}" if check else "data_quality.train"
    return Finding(code, state, sentence, f"Data quality: {check or 'train'}", "data_steward", clears)


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ({}, quality(State.MET, "The quality of train 1 was measured, and every check passed.", "")),
        (
            {"dataset_version": "data-9"},
            quality(State.OPEN, "The quality of train 1 was not measured.", PROFILE),
        ),
        (
            {"intact": False},
            quality(
                State.OPEN,
                "The stored quality of train 1 no longer has the digest it was recorded with.",
                PROFILE,
            ),
        ),
        ({"state": "errored"}, quality(State.OPEN, "The quality of train 1 could not be measured.", PROFILE)),
        (
            {"finished_at": facts.ago(days=9)},
            quality(State.STALE, "The quality of train 1 was measured more than 9 days ago.", PROFILE),
        ),
        (
            {"checks": facts.checked()[1:]},
            quality(State.OPEN, "train 1 was not checked for rows.", PROFILE, "rows"),
        ),
        (
            {"checks": facts.checked(rows="failed")},
            quality(State.OPEN, "train 1: rows was looked at.", BETTER, "rows"),
        ),
        (
            {"checks": facts.checked(rows="insufficient")},
            quality(State.INSUFFICIENT, "train 1: rows was looked at.", MORE, "rows"),
        ),
        (
            {"checks": (replace(facts.checked()[0], bar="99"), *facts.checked()[1:])},
            quality(
                State.OPEN,
                "train 1 was checked for rows by the bar 99, and 100 is asked for.",
                "Run the data-quality checks on train 1 by these bars.",
                "rows",
            ),
        ),
    ],
    ids=lambda value: value.sentence if isinstance(value, Finding) else "",
)
def test_the_quality_of_data(runs: dict[str, Any], said: Finding) -> None:
    demand = DataQuality(within_days=9)
    line = only(demand, replace(sound(), quality=(facts.quality(**runs),)))
    assert line == said
    assert demand.disturbs(line) is said.clears.startswith(("Correct", "Register"))


def test_everything_that_is_not_well_has_a_line() -> None:
    bad = facts.quality(checks=facts.checked(rows="failed", group_rows="failed"))
    second = snapshot(id="data-2", dataset="more", pinned=True)
    dossier = replace(sound(), datasets=(snapshot(), second), quality=(bad,))
    assert [line.code for line in DataQuality().findings(dossier)] == [
        "data_quality.train.rows",
        "data_quality.train.group_rows",
        "data_quality.more",
    ]


def test_a_policy_may_leave_everything_out_or_say_it() -> None:
    assert DataQuality.of({}) == DataQuality((), None, ())
    written = {"names": ["rows"], "within_days": 9, "bars": {"rows": 50, "missing_share": "0.2"}}
    assert DataQuality.of(written) == DataQuality(
        ("rows",), 9, (("missing_share", Decimal("0.2")), ("rows", Decimal(50)))
    )


def test_it_holds_until_the_first_measurement_grows_old_whatever_was_never_measured() -> None:
    unmeasured, second = (snapshot(id=name, dataset=name) for name in ("data-0", "data-2"))
    runs = (facts.quality(), facts.quality(id="q", dataset_version="data-2", finished_at=facts.ago(days=6)))
    dossier = replace(sound(), datasets=(unmeasured, snapshot(), second), quality=runs)
    assert DataQuality(within_days=9).holds_until(dossier) == facts.NOW + timedelta(days=3)
    assert DataQuality(within_days=6).holds_until(dossier) == facts.NOW + timedelta(days=2)
