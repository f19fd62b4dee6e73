"""Demands on what people write down, and on registered data."""

from dataclasses import replace

import pytest

from governance.gates.requirements.documents import DocumentsPresent, TrainingRecorded
from governance.gates.requirements.measured import DatasetsRegistered
from governance.gates.spec import State
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


def test_enough_data_need_nothing_more() -> None:
    assert DatasetsRegistered(2).findings(facts.bare())[0].clears == ""
    assert DatasetsRegistered(3).findings(facts.bare())[0].clears
