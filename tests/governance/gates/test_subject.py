"""What a vote signs and a report tells."""

from dataclasses import replace

import pytest

from governance.gates import codec, evidence, subject
from governance.gates.spec import Step
from tests.governance.gates import facts


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


def test_a_systems_step_signs_what_it_is_for_what_was_written_and_its_data() -> None:
    system = replace(facts.bare(), version=None, step=Step("system", "data_sourcing", "feature_engineering"))
    question = subject.subject_of(system)
    assert (question.system, question.classification) == ("system-1", "high")
    assert (question.model_version, question.artifact, question.evidence) == ("", "", ())
    assert question.datasets == tuple(sorted((facts.digest("train"), facts.digest("test"))))
    assert question.intended_use not in question.documents
    assert len(question.documents) == 3


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


def test_every_run_that_ended_is_an_attempt() -> None:
    runs = [
        facts.run(id=state, state=state) for state in ("passed", "failed", "errored", "running", "cancelled")
    ]
    dossier = replace(facts.bare(), runs=tuple(runs))
    assert evidence.attempts(dossier) == 3
    assert subject.basis_digest(dossier) != subject.basis_digest(facts.bare())
