"""What a vote signs and a report tells."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from governance.gates import codec, evidence, subject
from governance.gates.evidence_facts import DeviationFacts, ReproductionFacts
from governance.gates.spec import Step, Subject
from governance.gates.voted import ConditionFacts
from registry.ledger import chain
from tests.governance.gates import facts
from tests.governance.gates.test_classified import classification


def test_only_data_the_version_was_made_from_are_its_own() -> None:
    assert subject.subject_of(facts.bare()).datasets == (facts.digest("train"),)


def test_its_own_intended_use_comes_before_the_systems() -> None:
    own = facts.document("intended_use_statement", digest=facts.digest("own"), of_version=True)
    for documents in ((*facts.bare().documents, own), (own, *facts.bare().documents)):
        assert subject.intended_use(replace(facts.bare(), documents=documents)) == facts.digest("own")
    assert subject.intended_use(replace(facts.bare(), documents=())) == ""


def test_a_run_without_a_result_is_evidence_by_its_name() -> None:
    errored = facts.run(id="run-9", state="errored", result_digest="", checks=())
    assert subject.subject_of(replace(facts.bare(), runs=(errored,))).evidence == ("run-9",)


def test_a_versions_step_signs_the_version_its_data_and_what_was_found() -> None:
    dossier = facts.bare()
    expected = Subject(
        model_version="version-1",
        step="compliance→production",
        artifact=facts.digest("model"),
        datasets=(facts.digest("train"),),
        features=chain.digest_of(
            {"features": facts.digest("features"), "columns": [facts.digest("columns")]}
        ),
        intended_use=facts.digest("intended_use_statement"),
        policy=facts.policy_facts().digest,
        evidence=(facts.digest("result"),),
    )
    assert subject.subject_of(dossier) == expected
    assert subject.subject_of(dossier, of_step=False) == replace(expected, step="")
    assert subject.subject_of(replace(dossier, step=None, policy=None)) == replace(
        expected, step="", policy=""
    )


def test_a_step_signs_its_own_waivers_and_a_report_tells_of_all() -> None:
    own = facts.covering(facts.bare())
    other = replace(own, id="other", step="validation→compliance", digest=facts.digest("other"))
    dossier = replace(facts.bare(), waivers=(own, other))
    everything = tuple(sorted((own.digest, other.digest)))
    assert subject.subject_of(dossier).waivers == (own.digest,)
    assert subject.subject_of(dossier, of_step=False).waivers == everything
    assert subject.subject_of(replace(dossier, step=None)).waivers == everything


SYSTEM = replace(facts.bare(), version=None, step=Step("system", "data_sourcing", "feature_engineering"))
NOTHING = Subject("", "", "", (), "", "", "", (), system="system-1", classification="high")


def test_a_systems_step_signs_what_it_is_for_what_was_written_and_its_data() -> None:
    others = ("problem_definition", "dataset_datasheet", "model_card")
    expected = replace(
        NOTHING,
        step="data_sourcing→feature_engineering",
        datasets=tuple(sorted((facts.digest("train"), facts.digest("test")))),
        features=chain.digest_of({"columns": [facts.digest("columns")] * 2}),
        intended_use=facts.digest("intended_use_statement"),
        policy=facts.policy_facts().digest,
        documents=tuple(sorted(facts.digest(kind) for kind in others)),
    )
    assert subject.subject_of(SYSTEM) == expected
    bare = replace(SYSTEM, step=None, policy=None, datasets=(), documents=())
    assert subject.subject_of(bare) == NOTHING


def test_it_signs_how_good_the_data_are_that_count() -> None:
    of_test = facts.quality(id="quality-2", dataset_version="data-2", result_digest="")
    rows = (facts.quality(), of_test)
    assert subject.subject_of(replace(facts.bare(), quality=rows)).quality == (facts.digest("quality"),)
    assert subject.subject_of(replace(SYSTEM, quality=rows)).quality == ("quality-2", facts.digest("quality"))


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ((), "high"),
        (("in_force",), "high 0"),
        (("in_force", "waiting"), "high 0"),
        (("replaced", "in_force"), "high 1"),
        (("in_force", "in_force"), "high 1"),
    ],
)
def test_it_signs_the_tier_and_the_answers_in_force(states: tuple[str, ...], said: str) -> None:
    rows = tuple(
        classification(state=state, answers_digest=str(number)) for number, state in enumerate(states)
    )
    assert subject.subject_of(replace(SYSTEM, classifications=rows)).classification == said


def test_a_decision_of_old_knew_no_subject_of_a_systems_step() -> None:
    system = replace(facts.bare(), version=None)
    assert subject.subject_digest(replace(system, schema="assay.dossier/1")) == ""
    assert subject.subject_digest(system).startswith("sha256:")


def test_what_came_later_and_says_nothing_leaves_the_digest_as_it_was() -> None:
    question = subject.subject_of(facts.bare())
    assert set(codec.plain(question)) == {
        "model_version", "step", "artifact", "datasets", "features", "intended_use", "policy", "evidence",
        "waivers", "schema",
    }  # fmt: skip
    assert "system" in codec.plain(replace(question, system="s"))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"policy": "x"}, "the policy"),
        ({"policy": "x", "features": "y"}, "the features or columns and the policy"),
        (
            {"policy": "x", "features": "y", "artifact": "z"},
            "the model's bytes, the features or columns and the policy",
        ),
    ],
)
def test_changes_are_told_in_words(changed: dict[str, str], words: str) -> None:
    before = subject.subject_of(facts.bare())
    assert subject.changed_words(before, replace(before, **changed)) == words  # type: ignore[arg-type]


def test_a_report_is_bound_to_exactly_these_facts() -> None:
    due = facts.NOW + timedelta(days=3)
    condition = ConditionFacts("c-1", "request-1", "adam", "approver", "dev", due, None)
    told: dict[str, Any] = {
        "conditions": (condition,),
        "deviations": (
            DeviationFacts("deviation-1", "plan-0", "plan-1", facts.digest("d"), "open", "vera", ()),
        ),
        "reproductions": (ReproductionFacts("run-1", "run-2", True, True, "ann", 0, facts.NOW),),
        "waivers": (facts.covering(facts.bare()),),
        "break_glass": (facts.emergency(),),
        "issues": (facts.issue(),),
    }
    dossier = replace(facts.allowing(), runs=(facts.run(attempt=2),), **told)
    assert subject.basis_digest(dossier) == chain.digest_of(
        {
            "schema": "assay.basis/1",
            "subject": codec.plain(subject.subject_of(dossier, of_step=False)),
            "documents": sorted(f"{one.kind} {one.digest}" for one in dossier.documents),
            "plans": [facts.digest("plan")],
            "attempts": 1,
            "votes": sorted(codec.digest(vote) for vote in dossier.votes),
            "attempt_numbers": ["run-1 2"],
            **{name: [codec.digest(one) for one in rows] for name, rows in told.items()},
        }
    )


def test_only_the_changes_that_are_asked_about_are_told() -> None:
    before = subject.subject_of(facts.bare())
    after = replace(before, policy="x", artifact="z")
    assert subject.changed_words(before, after, {"policy", "evidence"}) == "the policy"
    assert subject.changed_words(before, after, {"evidence"}) == ""


def test_every_run_that_ended_is_an_attempt() -> None:
    runs = [
        facts.run(id=state, state=state) for state in ("passed", "failed", "errored", "running", "cancelled")
    ]
    dossier = replace(facts.bare(), runs=tuple(runs))
    assert evidence.attempts(dossier) == 3
    assert subject.basis_digest(dossier) != subject.basis_digest(facts.bare())
