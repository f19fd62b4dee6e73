"""What the lines about columns, features and stand-ins say, whole: how it stands, whose it is, what clears it."""

from dataclasses import replace
from typing import Any

import pytest

from governance.gates.data import AssociationFacts, DatasetFacts
from governance.gates.requirements.features import FeaturesDocumented, ProxyReviewed, SchemaLocked
from governance.gates.spec import Dossier, Finding, State
from tests.governance.gates import facts
from tests.governance.gates.test_data import PROXY, documented, only, snapshot, sound

PROFILE = "Run the data-quality checks on train 1."
DESCRIBE = "Add feature documentation that describes every feature."
REVIEW = "Add a proxy review with a decision and a reason for every feature that stands in for a group."
SENSITIVE = "Register a dataset version that names its sensitive columns."


@pytest.mark.parametrize(
    ("locked", "said"),
    [
        (True, (State.MET, "The columns of train 1 are locked.", "")),
        (
            False,
            (State.OPEN, "No lock holds the columns of train 1.", "Lock the columns of the dataset train."),
        ),
    ],
)
def test_locked_columns(locked: bool, said: tuple[State, str, str]) -> None:
    line = only(SchemaLocked.of({}), replace(sound(), datasets=(snapshot(schema_locked=locked),)))
    state, sentence, clears = said
    assert line == Finding("schema_locked.train", state, sentence, "Columns locked", "data_steward", clears)


@pytest.mark.parametrize(
    ("features", "documents", "state", "sentence"),
    [
        (2, documented(), State.MET, "The feature documentation describes every feature (2)."),
        (0, documented(), State.OPEN, "No column of the data is registered as a feature."),
        (2, (), State.OPEN, "There is no feature documentation."),
        (3, documented(), State.OPEN, "The feature documentation does not describe f2."),
        (
            13,
            documented(),
            State.OPEN,
            "The feature documentation does not describe f10, f11, f12, f2, f3, f4, f5, f6, f7, f8 and 1 more.",
        ),
        (
            12,
            documented(),
            State.OPEN,
            "The feature documentation does not describe f10, f11, f2, f3, f4, f5, f6, f7, f8, f9.",
        ),
    ],
)
def test_described_features(features: int, documents: tuple[Any, ...], state: State, sentence: str) -> None:
    described = (replace(documents[0], features=("f0", "f1")), *documents[1:]) if documents else ()
    columns = snapshot(features=tuple(f"f{number}" for number in range(features)))
    line = only(FeaturesDocumented.of({}), replace(sound(), datasets=(columns,), documents=described))
    clears = "" if state is State.MET else DESCRIBE
    assert line == Finding("features_documented", state, sentence, "Features described", "developer", clears)


def test_features_of_a_training_record_are_asked_about_without_data_too() -> None:
    assert sound().version is not None
    version = replace(sound().version, features=("income",))  # type: ignore[type-var]
    line = only(FeaturesDocumented(), replace(sound(), datasets=(), version=version))
    assert line.sentence == "The feature documentation describes every feature (1)."


# --- stand-ins for groups


def review(state: State, sentence: str, clears: str, owner: str = "reviewer", part: str = "train") -> Finding:
    code = f"proxy_review.{part}" if part else "proxy_review"
    return Finding(code, state, sentence, "Stand-ins for groups reviewed", owner, clears)


def told(dataset: DatasetFacts, *rows: tuple[str, str], **changes: Any) -> Dossier:
    """Data of which a run told how much each feature says of the sex."""
    associations = tuple(AssociationFacts(feature, "sex", value) for feature, value in rows)
    run = facts.quality(associations=associations)
    return replace(sound(), datasets=(dataset,), quality=(run,), **changes)


BOTH = (("income", "0.12"), ("zip", "0.456789"))


@pytest.mark.parametrize(
    ("dossier", "said"),
    [
        (
            told(snapshot(sensitive=()), *BOTH),
            review(
                State.INSUFFICIENT,
                "No column is registered as sensitive, so nothing shows whether a feature stands in for one.",
                SENSITIVE,
                "data_steward",
                part="",
            ),
        ),
        *(
            (
                replace(sound(), quality=runs),
                review(
                    State.OPEN,
                    "How much the features of train 1 tell of its sensitive columns was not measured.",
                    PROFILE,
                    "data_steward",
                ),
            )
            for runs in ((), (facts.quality(intact=False),), (facts.quality(state="errored"),))
        ),
        (
            told(snapshot(), ("zip", "")),
            review(
                State.INSUFFICIENT,
                "Whether income, zip of train 1 stand in for a group could not be measured.",
                SENSITIVE,
                "data_steward",
            ),
        ),
        (
            told(snapshot(), ("income", "0.3"), ("zip", "0.29")),
            review(State.MET, "No feature of train 1 tells more than 0.3 of a sensitive column.", ""),
        ),
        (
            told(snapshot(), *BOTH, documents=()),
            review(State.OPEN, "train 1: nobody decided on zip (sex, 0.456), above 0.3.", REVIEW),
        ),
        (
            told(snapshot(), ("income", "0.4"), BOTH[1]),
            review(State.OPEN, "train 1: nobody decided on income (sex, 0.4), above 0.3.", REVIEW),
        ),
        (
            told(snapshot(), *BOTH, documents=documented()[1:]),
            review(State.OPEN, "Without feature documentation nobody can tell who else reviewed.", DESCRIBE),
        ),
        (
            told(snapshot(), *BOTH, documents=documented(author="dev")),
            review(
                State.OPEN,
                "The proxy review is by the author of the feature documentation.",
                "Have somebody other than the author of the feature documentation add the proxy review.",
            ),
        ),
        (
            told(snapshot(), *BOTH, documents=documented(added_at=facts.ago(days=21))),
            review(State.STALE, "The proxy review is older than train 1.", REVIEW),
        ),
        (
            told(snapshot(registered_at=None), *BOTH),
            review(State.STALE, "The proxy review is older than train 1.", REVIEW),
        ),
        (
            told(snapshot(), *BOTH, documents=documented(added_at=facts.ago(days=20))),
            review(State.MET, "train 1: a decision stands on every feature above 0.3 (1).", ""),
        ),
    ],
    ids=lambda value: value.sentence if isinstance(value, Finding) else "",
)
def test_stand_ins(dossier: Dossier, said: Finding) -> None:
    line = only(ProxyReviewed.of({"above": "0.3"}), dossier)
    assert line == said
    assert PROXY.disturbs(line) is said.clears.startswith("Register")


def test_a_dropped_feature_that_is_still_used_is_the_developers() -> None:
    dropped = told(snapshot(), *BOTH, documents=documented(dropped=("zip", "shoe size")))
    assert PROXY.findings(dropped)[1:] == (
        review(
            State.OPEN,
            "The proxy review drops zip, and the version is made with it.",
            "Register a new version made without the features that are to be dropped.",
            "developer",
            part="dropped",
        ),
    )


def test_only_data_with_sensitive_columns_are_reviewed_and_each_of_them() -> None:
    others = (snapshot(id="data-2", dataset="plain", sensitive=()), snapshot(id="data-3", dataset="more"))
    dossier = replace(sound(), datasets=(*others, snapshot()))
    assert [line.code for line in PROXY.findings(dossier)] == ["proxy_review.more", "proxy_review.train"]
