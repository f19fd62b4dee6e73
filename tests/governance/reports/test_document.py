"""The document: complete by construction, and signed only by signatures on its own subject."""

from dataclasses import replace

import pytest

from governance.reports.errors import Unbound
from governance.reports.records import Approval
from governance.reports.values import Cited, State, Statement
from tests.governance.reports.specimen import DAY, VOTE, digest, specimen


def test_what_it_cites_is_in_its_evidence_list() -> None:
    document = specimen()
    with pytest.raises(Unbound, match="E99"):
        replace(document, interval_note=Statement("Intervals are bootstrap intervals.", ("E99",)))
    with pytest.raises(Unbound, match="E98"):
        replace(document, ledger=replace(document.ledger, size=Cited(1, "E98")))


def test_an_evidence_id_stands_once() -> None:
    document = specimen()
    with pytest.raises(Unbound, match="same id"):
        replace(document, evidence=(*document.evidence, document.evidence[0]))


def test_a_row_has_a_cell_for_every_column() -> None:
    table = specimen().performance[0]
    short = replace(table, columns=table.columns[:-1])
    with pytest.raises(Unbound, match="number of cells"):
        replace(specimen(), performance=(short,))


def test_it_is_a_draft_until_every_signature_is_given_on_this_subject() -> None:
    document = specimen()
    given = Approval("validator", State.PASSED, "Vera", DAY, digest("subject"), VOTE)
    elsewhere = replace(given, subject_digest=digest("older subject"))
    assert not document.signed
    assert not replace(document, approvals=()).signed
    assert not replace(document, approvals=(given, elsewhere)).signed
    assert replace(document, approvals=(given, given)).signed
