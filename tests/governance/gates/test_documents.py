"""Demands on what people write down, and on registered data."""

from dataclasses import replace
from typing import Any

import pytest

from governance.gates.requirements.documents import DocumentsPresent, TrainingRecorded
from governance.gates.requirements.measured import DatasetsRegistered
from governance.gates.spec import Finding, State
from tests.governance.gates import facts

CARD = DocumentsPresent(("model_card",), within_days=10)


@pytest.mark.parametrize(("days", "state"), [(9, State.MET), (10, State.STALE), (11, State.STALE)])
def test_a_document_grows_old(days: int, state: State) -> None:
    dossier = replace(facts.bare(), documents=(facts.document("model_card", added_at=facts.ago(days=days)),))
    assert CARD.findings(dossier)[0].state is state
    assert CARD.holds_until(dossier) == (facts.ago(days=days - 10) if days < 10 else None)


def test_a_versions_own_document_comes_first() -> None:
    own = facts.document("model_card", of_version=True, added_at=facts.ago(days=99))
    dossier = replace(facts.bare(), documents=(facts.document("model_card"), own))
    assert CARD.findings(dossier)[0].state is State.STALE


def test_another_kind_is_not_it() -> None:
    dossier = replace(facts.bare(), documents=(facts.document("dpia"),))
    assert CARD.findings(dossier)[0].state is State.OPEN
    assert CARD.findings(dossier)[0].owner_role == "developer"


def test_only_the_intended_use_is_part_of_the_question() -> None:
    demand = DocumentsPresent(("model_card", "intended_use_statement"))
    lines = demand.findings(replace(facts.bare(), documents=()))
    assert [demand.disturbs(line) for line in lines] == [False, True]
    assert demand.holds_until(facts.bare()) is None


def test_a_training_record_names_what_it_lacks() -> None:
    demand = TrainingRecorded(("code_commit", "metrics", "datasets"))
    (line,) = demand.findings(facts.bare())
    assert line.sentence == "The training record lacks the training metrics."
    unpinned = replace(facts.bare(), datasets=facts.bare().datasets[1:])
    assert "the dataset versions it was made from" in demand.findings(unpinned)[0].sentence
    assert demand.findings(replace(facts.bare(), version=None))[0].state is State.OPEN


def test_data_are_counted() -> None:
    assert DatasetsRegistered(2).findings(facts.bare())[0].state is State.MET
    assert DatasetsRegistered(3).findings(facts.bare())[0].state is State.OPEN


def test_the_youngest_age_limit_counts_and_what_is_missing_has_none() -> None:
    both = DocumentsPresent(("model_card", "dpia"), within_days=10)
    card = facts.document("model_card", added_at=facts.ago(days=4))
    assert both.holds_until(replace(facts.bare(), documents=(card,))) == facts.ago(days=-6)
    older = facts.document("dpia", added_at=facts.ago(days=7))
    assert both.holds_until(replace(facts.bare(), documents=(card, older))) == facts.ago(days=-3)


@pytest.mark.parametrize(
    ("changes", "state", "sentence"),
    [
        ({"kind": "dpia"}, State.OPEN, "There is no model card."),
        ({"added_at": facts.ago(days=10)}, State.STALE, "The model card is older than 10 days."),
        ({"missing": ("intended_use", "limits")}, State.OPEN, "The model card lacks intended use, limits."),
        ({"number": 7}, State.MET, "The model card is there (number 7)."),
    ],
)
def test_what_is_said_of_a_document(changes: dict[str, Any], state: State, sentence: str) -> None:
    demand = DocumentsPresent.of({"kinds": ["model_card"], "within_days": 10, "complete": True})
    dossier = replace(facts.bare(), documents=(replace(facts.document("model_card"), **changes),))
    assert demand.findings(dossier) == (
        Finding(
            code="documents.model_card",
            state=state,
            sentence=sentence,
            requirement="Document: Model card",
            owner_role="developer",
            clears="" if state is State.MET else "Add the document “Model card”.",
        ),
    )


def test_a_policy_may_leave_age_and_sections_out() -> None:
    assert DocumentsPresent.of({"kinds": ["dpia"]}) == DocumentsPresent(("dpia",), None, False)


def test_special_categories_are_no_gap_where_no_column_is_sensitive() -> None:
    record = facts.document("processing_record", missing=("special_categories", "purposes"))
    (line,) = DocumentsPresent(("processing_record",), complete=True).findings(
        replace(facts.bare(), documents=(record,))
    )
    assert line.sentence == "The record of processing lacks purposes."


@pytest.mark.parametrize(
    ("kind", "owner"),
    [("problem_definition", "owner"), ("model_card", "developer"), ("risk_assessment", "reviewer")],
)
def test_a_document_is_asked_of_who_writes_it(kind: str, owner: str) -> None:
    assert DocumentsPresent((kind,)).findings(facts.bare())[0].owner_role == owner


@pytest.mark.parametrize(
    ("fields", "state", "sentence", "clears"),
    [
        (["code_commit", "datasets"], State.MET, "The training record is complete.", ""),
        (
            ["features", "code_commit", "metrics"],
            State.OPEN,
            "The training record lacks the features, the training metrics.",
            "Register a new version with a complete training record.",
        ),
    ],
)
def test_what_is_said_of_a_training_record(
    fields: list[str], state: State, sentence: str, clears: str
) -> None:
    demand = TrainingRecorded.of({"fields": fields})
    (line,) = demand.findings(facts.bare())
    assert line == Finding("training_record", state, sentence, "Training record", "developer", clears)
    assert demand.disturbs(line) is True
