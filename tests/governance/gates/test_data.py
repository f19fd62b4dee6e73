"""Demands on data: measured by strict enough bars, locked, described, and stand-ins looked at by somebody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.gates import codec
from governance.gates.data import AssociationFacts, DatasetFacts
from governance.gates.plan import Line, shortest
from governance.gates.policy import parse
from governance.gates.requirements import REQUIREMENTS, Requirement
from governance.gates.requirements import features as of_features
from governance.gates.requirements.documents import DocumentsPresent, TrainingRecorded
from governance.gates.requirements.features import FeaturesDocumented, ProxyReviewed, SchemaLocked
from governance.gates.requirements.quality import PIN, PROFILE, DataQuality
from governance.gates.spec import Dossier, Finding, State
from registry.errors import Invalid
from tests.governance.gates import facts

FEATURES = ("income", "zip")
PROXY = ProxyReviewed(Decimal("0.3"))


def snapshot(**changes: Any) -> DatasetFacts:
    """What the version was made from: locked, with two features and one sensitive column."""
    row = DatasetFacts(
        "data-1", "train", "1", facts.digest("train"), facts.digest("columns"), True, "stew", "stew",
        schema_locked=True, features=FEATURES, sensitive=("sex",), registered_at=facts.ago(days=20),
    )  # fmt: skip
    return replace(row, **changes)


def documented(**changes: Any) -> tuple[Any, ...]:
    """Dev describes the features, Rita decided on the postcode."""
    described = facts.document("feature_documentation", features=FEATURES)
    review = facts.document("proxy_review", author="rita", features=("zip",))
    return (described, replace(review, **changes))


def sound() -> Dossier:
    """Data that meet every demand of this file."""
    return replace(facts.bare(), datasets=(snapshot(),), quality=(facts.quality(),), documents=documented())


def the_system() -> Dossier:
    """The same data, at a step of the system itself."""
    return replace(sound(), version=None)


def only(demand: Requirement, dossier: Dossier) -> Finding:
    (line,) = demand.findings(dossier)
    return line


DEMANDS = (DataQuality(), SchemaLocked(), FeaturesDocumented(), PROXY)


@pytest.mark.parametrize("demand", DEMANDS, ids=lambda demand: demand.name)
@pytest.mark.parametrize("dossier", [sound(), the_system()], ids=["version", "system"])
def test_sound_data_meet_it(demand: Requirement, dossier: Dossier) -> None:
    line = only(demand, dossier)
    assert (line.state, line.clears) == (State.MET, "")


@pytest.mark.parametrize("demand", DEMANDS, ids=lambda demand: demand.name)
def test_without_data_nothing_is_met(demand: Requirement) -> None:
    unpinned = replace(sound(), datasets=(snapshot(pinned=False),))
    assert only(demand, unpinned).clears == PIN
    assert only(demand, replace(the_system(), datasets=())).state is State.OPEN
    assert demand.of_systems


# --- data quality


@pytest.mark.parametrize(
    ("changes", "state", "said"),
    [
        ({"intact": False}, State.OPEN, "no longer has the digest"),
        ({"state": "errored", "checks": ()}, State.OPEN, "could not be measured"),
        ({"dataset_version": "data-9"}, State.OPEN, "was not measured"),
        ({"checks": facts.checked(missing_share="failed")}, State.OPEN, "missing_share was looked at"),
        (
            {"checks": facts.checked(group_rows="insufficient")},
            State.INSUFFICIENT,
            "group_rows was looked at",
        ),
        ({"checks": facts.checked(group_rows="errored")}, State.OPEN, "group_rows was looked at"),
        ({"checks": facts.checked(group_rows="splendid")}, State.OPEN, "group_rows was looked at"),
        ({"checks": facts.checked()[1:]}, State.OPEN, "was not checked for rows"),
    ],
)
def test_what_is_not_shown_is_not_met(changes: dict[str, Any], state: State, said: str) -> None:
    line = only(DataQuality(), replace(sound(), quality=(facts.quality(**changes),)))
    assert (line.state, said in line.sentence, line.clears != "") == (state, True, True)


def with_bar(check: str, bar: str) -> Dossier:
    checks = tuple(replace(one, bar=bar) if one.check == check else one for one in facts.checked())
    return replace(sound(), quality=(facts.quality(checks=checks),))


def test_a_loosened_bar_opens_nothing_unless_the_policy_says_so() -> None:
    loose = with_bar("missing_share", "0.5")
    assert only(DataQuality(), loose).state is State.OPEN
    assert "by the bar 0.5, and 0.1 is asked for" in only(DataQuality(), loose).sentence
    lenient = DataQuality.of({"bars": {"missing_share": "0.5"}})
    assert only(lenient, loose).state is State.MET
    assert only(DataQuality.of({"bars": {"group_rows": 50}}), sound()).state is State.OPEN
    assert only(DataQuality.of({"bars": {"group_rows": 50}}), with_bar("group_rows", "50")).state is State.MET


@given(bar=st.decimals(0, 1, places=3), asked=st.decimals(0, 1, places=3))
def test_a_bar_is_met_exactly_by_those_as_strict(bar: Decimal, asked: Decimal) -> None:
    demand = DataQuality.of({"bars": {"missing_share": str(asked)}})
    assert only(demand, with_bar("missing_share", str(bar))).met == (bar <= asked)


def test_only_the_named_checks_are_looked_at() -> None:
    failed = replace(
        sound(), quality=(facts.quality(state="failed", checks=facts.checked(duplicate_share="failed")),)
    )
    assert only(DataQuality(names=("rows", "group_rows")), failed).state is State.MET
    assert only(DataQuality(names=("duplicate_share",)), failed).state is State.OPEN


def test_a_profile_grows_old() -> None:
    demand = DataQuality(within_days=4)
    assert only(demand, sound()).state is State.STALE
    fresh = DataQuality(within_days=5)
    assert only(fresh, sound()).state is State.MET
    assert fresh.holds_until(sound()) == facts.NOW + timedelta(days=1)
    assert demand.holds_until(sound()) is None
    assert DataQuality().holds_until(sound()) is None


def test_the_newest_measurement_speaks_and_a_broken_attempt_does_not() -> None:
    older = facts.quality(
        id="quality-0", checks=facts.checked(rows="insufficient"), finished_at=facts.ago(days=9)
    )
    broken = facts.quality(id="quality-2", state="errored", checks=(), finished_at=facts.ago(days=1))
    assert only(DataQuality(), replace(sound(), quality=(older, facts.quality(), broken))).state is State.MET
    newer = replace(older, id="quality-3", finished_at=facts.ago(days=1))
    assert only(DataQuality(), replace(sound(), quality=(facts.quality(), newer))).state is State.INSUFFICIENT


def test_of_a_system_the_newest_version_of_each_dataset_counts() -> None:
    new = snapshot(id="data-2", version="2", registered_at=facts.ago(days=1), schema_locked=False)
    dossier = replace(the_system(), datasets=(new, snapshot()))
    assert only(DataQuality(), dossier).sentence == "The quality of train 2 was not measured."
    assert only(SchemaLocked(), dossier).state is State.OPEN
    assert only(DataQuality(), replace(sound(), datasets=(replace(new, pinned=False), snapshot()))).met


def test_other_data_are_another_question_and_measuring_is_not() -> None:
    demand = DataQuality()
    failed = only(demand, replace(sound(), quality=(facts.quality(checks=facts.checked(rows="failed")),)))
    assert demand.disturbs(failed)
    assert not demand.disturbs(only(demand, replace(sound(), quality=())))


# --- columns, features, stand-ins


def test_columns_that_nobody_locked_are_named() -> None:
    line = only(SchemaLocked(), replace(sound(), datasets=(snapshot(schema_locked=False),)))
    assert (line.state, line.sentence) == (State.OPEN, "No lock holds the columns of train 1.")
    assert line.owner_role == "data_steward"


def test_every_feature_is_described() -> None:
    partly = facts.document("feature_documentation", features=("income",))
    line = only(FeaturesDocumented(), replace(sound(), documents=(partly,)))
    assert line.sentence == "The feature documentation does not describe zip."
    assert only(FeaturesDocumented(), replace(sound(), documents=())).state is State.OPEN
    none = replace(sound(), datasets=(snapshot(features=()),))
    assert only(FeaturesDocumented(), none).state is State.OPEN


def test_features_of_the_models_own_record_count_too() -> None:
    assert sound().version is not None
    version = replace(sound().version, features=("income", "shoe size"))  # type: ignore[type-var]
    line = only(FeaturesDocumented(), replace(sound(), version=version))
    assert line.sentence == "The feature documentation does not describe shoe size."


@pytest.mark.parametrize(
    ("documents", "state", "said"),
    [
        ((), State.OPEN, "nobody decided on zip (sex, 0.45), above 0.3"),
        (documented(features=("income",)), State.OPEN, "nobody decided on zip"),
        (documented(author="dev"), State.OPEN, "by the author of the feature documentation"),
        (documented()[1:], State.OPEN, "Without feature documentation"),
        (documented(added_at=facts.ago(days=21)), State.STALE, "older than train 1"),
        (documented(), State.MET, "a decision stands on every feature above 0.3 (1)"),
    ],
    ids=["none", "another", "own", "undescribed", "old", "sound"],
)
def test_somebody_else_decides_on_each_stand_in(documents: Any, state: State, said: str) -> None:
    line = only(PROXY, replace(sound(), documents=documents))
    assert (line.state, said in line.sentence) == (state, True)


def test_what_lies_on_the_bar_is_not_above_it() -> None:
    assert only(ProxyReviewed(Decimal("0.45")), replace(sound(), documents=())).state is State.MET
    assert only(ProxyReviewed(Decimal("0.4499")), replace(sound(), documents=())).state is State.OPEN


def test_what_was_not_measured_is_not_nought() -> None:
    unmeasured = facts.quality(associations=(AssociationFacts("income", "sex", "0.12"),))
    assert only(PROXY, replace(sound(), quality=(unmeasured,))).state is State.INSUFFICIENT
    blank = facts.quality(
        associations=(AssociationFacts("income", "sex", ""), AssociationFacts("zip", "sex", "0.1"))
    )
    assert only(PROXY, replace(sound(), quality=(blank,))).state is State.INSUFFICIENT
    for run in ((), (facts.quality(intact=False),), (facts.quality(state="errored"),)):
        assert only(PROXY, replace(sound(), quality=run)).state is State.OPEN


def test_without_a_sensitive_column_nothing_is_shown() -> None:
    line = only(PROXY, replace(sound(), datasets=(snapshot(sensitive=()),)))
    assert (line.state, line.clears) == (State.INSUFFICIENT, of_features.SENSITIVE)


def test_what_is_to_be_dropped_must_not_be_used() -> None:
    dossier = replace(sound(), documents=documented(dropped=("zip",)))
    assert [line.state for line in PROXY.findings(dossier)] == [State.MET, State.OPEN]
    assert PROXY.disturbs(PROXY.findings(dossier)[1])
    version = replace(dossier.version, features=("income",))  # type: ignore[type-var]
    assert only(PROXY, replace(dossier, version=version)).state is State.MET
    assert only(PROXY, replace(dossier, version=None)).state is State.MET


# --- documents and the training record


def test_a_document_with_gaps_is_not_complete() -> None:
    gaps = facts.document("dataset_datasheet", missing=("uses", "maintenance"))
    dossier = replace(sound(), documents=(gaps,))
    line = only(DocumentsPresent(("dataset_datasheet",), complete=True), dossier)
    assert (line.state, line.sentence) == (State.OPEN, "The dataset datasheet lacks uses, maintenance.")
    assert only(DocumentsPresent(("dataset_datasheet",)), dossier).state is State.MET


def test_special_categories_are_asked_about_where_there_are_any() -> None:
    demand = DocumentsPresent(("processing_record",), complete=True)
    dossier = replace(
        sound(), documents=(facts.document("processing_record", missing=("special_categories",)),)
    )
    assert only(demand, dossier).sentence == "The record of processing lacks special categories."
    assert only(demand, replace(dossier, datasets=(snapshot(sensitive=()),))).state is State.MET


def test_a_training_record_is_complete_with_metrics_and_data() -> None:
    demand = TrainingRecorded(tuple(TrainingRecorded.FIELDS))
    recorded = ("code_commit", "environment_digest", "features", "metrics", "parameters")
    version = replace(sound().version, recorded=recorded)  # type: ignore[type-var]
    assert only(demand, replace(sound(), version=version)).state is State.MET
    unpinned = replace(sound(), version=version, datasets=(snapshot(pinned=False),))
    assert "the dataset versions it was made from" in only(demand, unpinned).sentence


# --- the way to green


def do(dossier: Dossier, action: str) -> Dossier:
    """The facts after somebody did this."""
    for said, change in ACTIONS.items():
        if action == said:
            return change(dossier)
    raise AssertionError(f"nobody knows how to: {action}")


ACTIONS: dict[str, Callable[[Dossier], Dossier]] = {
    PROFILE.format("train 1"): lambda d: replace(d, quality=(facts.quality(),)),
    of_features.LOCK.format("train"): lambda d: replace(d, datasets=(snapshot(),)),
    of_features.DESCRIBE: lambda d: replace(d, documents=(*d.documents, documented()[0])),
    of_features.REVIEW: lambda d: replace(d, documents=(*d.documents, documented()[1])),
    of_features.OTHER: lambda d: replace(d, documents=documented()),
    "Correct the data of train and register a new version.": lambda d: replace(d, quality=(facts.quality(),)),
    "Register a version of train with more rows where there are too few.": lambda d: replace(
        d, quality=(facts.quality(),)
    ),
}


@pytest.mark.parametrize(
    "start",
    [
        replace(sound(), quality=(), documents=(), datasets=(snapshot(schema_locked=False),)),
        replace(
            sound(),
            quality=(facts.quality(checks=facts.checked(missing_share="failed", rows="insufficient")),),
        ),
        replace(sound(), documents=documented(author="dev")),
        replace(the_system(), quality=(), documents=()),
    ],
    ids=["bare", "bad data", "own review", "system"],
)
def test_following_the_plan_clears_everything(start: Dossier) -> None:
    dossier = start
    for _ in range(2):  # what is found depends on the profile, so the plan is asked once more after it
        for action in shortest(lines(dossier)):
            dossier = do(dossier, action)
    assert [line.finding.sentence for line in lines(dossier) if not line.finding.met] == []


def lines(dossier: Dossier) -> list[Line]:
    return [Line(demand.place, found) for demand in DEMANDS for found in demand.findings(dossier)]


# --- as a policy writes them


def policy(*demands: str, subject: str = "model_version") -> str:
    steps = {
        "model_version": ("compliance", "production"),
        "system": ("data_sourcing", "feature_engineering"),
    }
    asked = "".join(f"      - {demand}\n" for demand in demands)
    return (
        "schema: assay.policy/1\nname: Data\ntier: high\ntransitions:\n"
        f"  - subject: {subject}\n    from: {steps[subject][0]}\n    to: {steps[subject][1]}\n"
        f"    requirements:\n{asked}"
    )


ALL = (
    'data_quality: {names: [rows, missing_share], within_days: 90, bars: {missing_share: "0.2", group_rows: 50}}',
    "data_quality: {}",
    "schema_locked: {}",
    "features_documented: {}",
    "proxy_review: {above: 0.3}",
    "documents: {kinds: [processing_record, proxy_review], complete: true}",
)


@pytest.mark.parametrize("subject", ["model_version", "system"])
def test_they_can_be_asked_of_versions_and_of_systems(subject: str) -> None:
    (section,) = parse(policy(*ALL, subject=subject)).sections
    assert section.requirements[0] == DataQuality(
        ("rows", "missing_share"), 90, (("group_rows", Decimal(50)), ("missing_share", Decimal("0.2")))
    )
    assert section.requirements[4] == PROXY


@pytest.mark.parametrize(
    "demand",
    [
        "data_quality: {names: [beauty]}",
        'data_quality: {bars: {missing_share: "1.5"}}',
        "data_quality: {bars: {group_rows: -1}}",
        "data_quality: {bars: {beauty: 1}}",
        "schema_locked: {since: 2020}",
        "proxy_review: {}",
        'proxy_review: {above: "2"}',
        "proxy_review: {above: -1}",
        "documents: {kinds: [dpia], complete: maybe}",
    ],
)
def test_what_makes_no_sense_is_refused(demand: str) -> None:
    with pytest.raises(Invalid, match="line"):
        parse(policy(demand))


def test_facts_of_before_are_read_as_not_shown() -> None:
    """A dossier that was stored before these facts existed: nothing is locked, measured or described."""
    old = codec.read(Dossier, codec.canonical(facts.bare()))
    assert old == facts.bare()
    for demand in DEMANDS:
        assert not any(line.met for line in demand.findings(old))
    assert {demand.name for demand in DEMANDS} <= set(REQUIREMENTS)
