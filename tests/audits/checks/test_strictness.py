"""What loosens a plan, and the promise behind it: what is called not looser never passes where the old one does not."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.checks.evaluate import judge
from audits.checks.spec import Check, Evidence, Severity, SmallGroups, Verdict
from audits.checks.strictness import Criteria, covers, loosened
from audits.checks.tolerance import Tolerance
from audits.metrics.spec import Measurement

BY_SEX = Check("ratio", "impact_ratio", ">=", 0.8, across=("sex",))
OVERALL = Check("accuracy", "accuracy", ">=", 0.7)
OLD = Criteria((BY_SEX, OVERALL), {"label": "repaid", "sensitive": ["sex"]}, "sha256:a", seed=1)


def fields(new: Criteria, old: Criteria = OLD, **kwargs: Any) -> set[str]:
    return {row.field for row in loosened(old, new, **kwargs)}


def with_check(**changes: Any) -> Criteria:
    return replace(OLD, checks=(replace(BY_SEX, **changes), OVERALL))


def test_the_same_criteria_loosen_nothing() -> None:
    assert loosened(OLD, OLD) == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"threshold": 0.79}, "bar"),
        ({"comparison": "<="}, "bar"),
        ({"metric": "favourable_impact_ratio"}, "metric"),
        ({"across": ("age",)}, "slice"),
        ({"confidence": 0.9}, "confidence"),
        ({"min_n": 20}, "min_n"),
        ({"small_groups": SmallGroups.EXCLUDE}, "small_groups"),
        ({"severity": Severity.ADVISORY}, "severity"),
    ],
)
def test_each_way_to_loosen_a_check_is_named(changes: dict[str, Any], field: str) -> None:
    assert fields(with_check(**changes)) == {field}
    (row, *_) = loosened(OLD, with_check(**changes))
    assert row.check == "ratio"
    assert row.before != row.after


@pytest.mark.parametrize(
    "changes",
    [{"threshold": 0.9}, {"comparison": ">"}, {"confidence": 0.99}, {"min_n": 50}, {"name": "another name"}],
)
def test_stricter_is_no_loosening(changes: dict[str, Any]) -> None:
    assert loosened(OLD, with_check(**changes)) == ()


def test_a_check_that_is_gone_is_named_and_one_more_is_welcome() -> None:
    (row,) = loosened(OLD, replace(OLD, checks=(OVERALL,)))
    assert (row.check, row.field, row.after) == ("ratio", "check", "removed")
    assert loosened(replace(OLD, checks=(OVERALL,)), OLD) == ()


def test_a_lax_twin_beside_the_strict_one_loosens_nothing() -> None:
    lax = replace(BY_SEX, name="lax", threshold=0.1)
    assert loosened(OLD, replace(OLD, checks=(lax, *OLD.checks))) == ()


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (replace(OLD, dataset="sha256:b"), "dataset"),
        (replace(OLD, seed=2), "seed"),
        (replace(OLD, mapping={"label": "other", "sensitive": ["sex"]}), "mapping of label"),
        (replace(OLD, mapping={"label": "repaid", "sensitive": []}), "mapping of sensitive"),
        (replace(OLD, tolerance=Tolerance(absolute=0.01)), "absolute tolerance"),
    ],
)
def test_each_way_to_loosen_a_plan_is_named(new: Criteria, field: str) -> None:
    assert fields(new) == {field}


def test_more_sensitive_columns_and_a_tighter_tolerance_are_stricter() -> None:
    new = replace(OLD, mapping={"label": "repaid", "sensitive": ["age", "sex"]}, tolerance=Tolerance(0, 0))
    assert loosened(OLD, new) == ()


def test_another_version_has_its_own_seed_and_features() -> None:
    new = replace(OLD, seed=2, dataset="sha256:b", mapping={**OLD.mapping, "features": ["income"]})
    assert fields(new, same_question=False) == set()
    assert fields(replace(new, checks=(OVERALL,)), same_question=False) == {"check"}


def test_a_plan_from_before_seeds_were_sealed_binds_to_none() -> None:
    assert loosened(replace(OLD, seed=None), OLD) == ()


CHECKS = st.builds(
    Check,
    name=st.sampled_from(["a", "b"]),
    metric=st.sampled_from(["impact_ratio", "favourable_impact_ratio"]),
    comparison=st.sampled_from([">=", ">", "<=", "<"]),
    threshold=st.sampled_from([0.2, 0.5, 0.8]),
    across=st.sampled_from([("sex",), ("age",)]),
    min_n=st.sampled_from([10, 30, 50]),
    confidence=st.sampled_from([0.8, 0.95]),
    severity=st.sampled_from(Severity),
    small_groups=st.sampled_from(SmallGroups),
) | st.builds(
    Check,
    name=st.sampled_from(["c", "d"]),
    metric=st.sampled_from(["accuracy", "precision"]),
    comparison=st.sampled_from([">=", ">", "<=", "<"]),
    threshold=st.sampled_from([0.2, 0.5, 0.8]),
    slice=st.sampled_from([{}, {"sex": "F"}]),
    min_n=st.sampled_from([10, 30, 50]),
    confidence=st.sampled_from([0.8, 0.95]),
    severity=st.sampled_from(Severity),
)
PLANS = st.lists(CHECKS, min_size=1, max_size=3, unique_by=lambda check: check.name).map(tuple)
GROUPS = st.lists(
    st.tuples(st.sampled_from([5, 10, 29, 30, 60]), st.sampled_from([0.1, 0.2, 0.5, 0.8, 1.0])),
    min_size=2,
    max_size=4,
)
# What the data say: group sizes and rates by attribute, a value and a count by slice; intervals grow with confidence.
WORLDS = st.fixed_dictionaries(
    {
        "sex": GROUPS,
        "age": GROUPS,
        "values": st.lists(st.sampled_from([0.1, 0.2, 0.5, 0.7, 0.8, 0.9]), min_size=4, max_size=4),
        "n": st.sampled_from([5, 10, 30, 60]),
        "width": st.sampled_from([0.0, 0.05, 0.2]),
    }
)


def measured(check: Check, world: dict[str, Any]) -> Evidence:
    """What this world shows of a check."""
    width = world["width"] * check.confidence
    if not check.across:
        place = 2 * (check.metric == "precision") + bool(check.slice)
        value, n = world["values"][place], world["n"]
        return Evidence(
            Measurement(check.metric, check.where, value, n, low=value - width, high=value + width)
        )
    groups = world[check.across[0]]
    small = tuple((str(at), n) for at, (n, _) in enumerate(groups) if n < check.min_n)
    kept = [rate for n, rate in groups if n >= check.min_n]
    if len(kept) < 2:
        return Evidence(Measurement(check.metric, check.where, None, 0, reason="too few groups"), small, 100)
    ratio = min(kept) / max(kept) * (0.9 if check.metric == "impact_ratio" else 1.0)
    found = Measurement(check.metric, check.where, ratio, 100, low=ratio - width, high=ratio + width)
    return Evidence(found, small, 100)


def passes(checks: tuple[Check, ...], world: dict[str, Any]) -> bool:
    """Whether every check that a gate waits for passes."""
    waited = [check for check in checks if check.severity is Severity.BLOCKING]
    return all(judge(check, measured(check, world)).verdict is Verdict.PASSED for check in waited)


@settings(max_examples=600, deadline=None)
@given(old=PLANS, new=PLANS, world=WORLDS)
def test_what_is_not_looser_never_passes_where_the_old_one_does_not(
    old: tuple[Check, ...], new: tuple[Check, ...], world: dict[str, Any]
) -> None:
    if not loosened(Criteria(old), Criteria(new)) and passes(new, world):
        assert passes(old, world)


@settings(max_examples=400, deadline=None)
@given(old=CHECKS, new=CHECKS, world=WORLDS)
def test_a_check_that_covers_another_never_passes_alone(
    old: Check, new: Check, world: dict[str, Any]
) -> None:
    if covers(new, old) and judge(new, measured(new, world)).verdict is Verdict.PASSED:
        assert judge(old, measured(old, world)).verdict is Verdict.PASSED


@given(plan=PLANS)
def test_no_plan_loosens_itself(plan: tuple[Check, ...]) -> None:
    assert loosened(Criteria(plan), Criteria(plan)) == ()
