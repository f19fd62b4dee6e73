"""A report counts while it tells the facts as they are."""

from dataclasses import replace

import pytest

from governance.gates import subject
from governance.gates.requirements.reported import ReportCurrent
from governance.gates.spec import Dossier, Finding, State
from tests.governance.gates import facts
from tests.governance.gates.test_decide import decided, finding


def test_it_is_stale_after_a_vote() -> None:
    dossier = facts.allowing()
    another = facts.vote(dossier, "rita", "reviewer")
    found = finding(decided(replace(dossier, votes=(*dossier.votes, another))), "report.validation_report")
    assert found.state is State.STALE


def test_it_is_stale_after_another_document() -> None:
    dossier = replace(facts.allowing(), documents=(*facts.allowing().documents, facts.document("dpia")))
    assert finding(decided(dossier), "report.validation_report").state is State.STALE


@pytest.mark.parametrize("state", ["queued", "running", "failed"])
def test_it_counts_only_when_it_is_there(state: str) -> None:
    dossier = facts.reported(replace(facts.allowing(), reports=()), state=state, pdf_digest="")
    assert finding(decided(dossier), "report.validation_report").state is State.OPEN


def test_its_basis_has_no_clock_no_stage_and_no_decision() -> None:
    dossier = facts.allowing()
    assert dossier.version is not None
    later = replace(
        dossier,
        now=facts.ago(days=-1),
        environment="production",
        version=replace(dossier.version, stage="production"),
        log=replace(dossier.log, size=99),
    )
    assert subject.basis_digest(later) == subject.basis_digest(dossier)


def standing(dossier: Dossier) -> str:
    return finding(decided(dossier), "report.validation_report").sentence


def test_each_way_of_not_being_there_is_said() -> None:
    dossier = replace(facts.allowing(), reports=())
    assert standing(dossier) == "There is no validation report."
    assert standing(facts.reported(dossier, state="failed", pdf_digest="")).endswith(
        "could not be generated."
    )
    assert standing(facts.reported(dossier, state="queued", pdf_digest="")).endswith("is being written.")
    assert standing(facts.reported(dossier, state="running", pdf_digest=facts.digest("half"))).endswith(
        "written."
    )
    assert standing(facts.reported(dossier, state="ready", pdf_digest="")).endswith("written.")
    assert standing(facts.reported(dossier, kind="horoscope")) == "There is no validation report."
    old = facts.reported(dossier, basis_digest=facts.digest("old"))
    assert standing(old) == "The facts changed since the validation report was generated."
    half = facts.reported(dossier, basis_digest=facts.digest("old"), state="running", pdf_digest="")
    assert standing(half) == "There is no validation report."


@pytest.mark.parametrize(
    ("dossier", "state", "sentence"),
    [
        (facts.allowing(), State.MET, "The validation report tells the facts as they are now."),
        (replace(facts.allowing(), reports=()), State.OPEN, "There is no validation report."),
        (
            facts.reported(replace(facts.allowing(), reports=()), state="failed", pdf_digest=""),
            State.OPEN,
            "The validation report could not be generated.",
        ),
        (
            facts.reported(replace(facts.allowing(), reports=()), state="queued", pdf_digest=""),
            State.OPEN,
            "The validation report is being written.",
        ),
        (
            facts.reported(replace(facts.allowing(), reports=()), basis_digest=facts.digest("old")),
            State.STALE,
            "The facts changed since the validation report was generated.",
        ),
    ],
)
def test_what_its_line_says(dossier: Dossier, state: State, sentence: str) -> None:
    assert ReportCurrent.of({"kind": "validation_report"}).findings(dossier) == (
        Finding(
            code="report.validation_report",
            state=state,
            sentence=sentence,
            requirement="Current validation report",
            owner_role="validator",
            clears="" if state is State.MET else "Generate the validation report.",
        ),
    )
