"""The demand that the obligations of a framework are covered."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.frameworks.catalogue import vocabulary
from governance.gates import codec, coverage, plan
from governance.gates.duties import FrameworkFacts, ObligationFacts, SignedFacts
from governance.gates.plan import Line
from governance.gates.requirements.covered import MAX_LINES, FrameworkCovered
from governance.gates.spec import Dossier, Finding, State
from tests.governance.gates import facts
from tests.governance.gates.test_classified import classification

DEMAND = FrameworkCovered("eu-ai-act")
BEGUN = facts.ago(days=400)


def duty(name: str, *evidence: str, **changes: Any) -> ObligationFacts:
    """An obligation that has begun and that a machine can tell."""
    row = ObligationFacts(
        id=f"eu-ai-act:{name}",
        title=f"Duty {name}",
        level="presence",
        evidence=evidence or ("dpia",),
        digest=facts.digest(name),
        conditional=False,
        applies_from=BEGUN,
    )
    return replace(row, **changes)


def asking(*duties: ObligationFacts, **changes: Any) -> Dossier:
    """A dossier with this framework and these duties."""
    signed = changes.pop("signed", ())
    documents = changes.pop("documents", facts.bare().documents)
    row = FrameworkFacts(
        id="eu-ai-act",
        name="EU Artificial Intelligence Act",
        version="1",
        digest=facts.digest("file"),
        checked_on="2026-11-20",
        settled=True,
        obligations=duties,
        others=("eu-ai-act:of-others",),
    )
    return replace(
        facts.bare(),
        frameworks=(replace(row, **changes),),
        classifications=(classification(),),
        signed=signed,
        documents=documents,
    )


def word(one: ObligationFacts, dossier: Dossier, state: str = "met", **changes: Any) -> SignedFacts:
    """A signed word on an obligation as it is."""
    row = SignedFacts(
        obligation=one.id,
        state=state,
        basis_digest=coverage.basis(dossier, one, state),
        signer="vera",
        role="validator",
        signed_at=facts.ago(days=1),
        entitled=True,
    )
    return replace(row, **changes)


def by_code(dossier: Dossier, demand: FrameworkCovered = DEMAND) -> dict[str, Finding]:
    return {finding.code: finding for finding in demand.findings(dossier)}


def summary(dossier: Dossier, demand: FrameworkCovered = DEMAND) -> Finding:
    return demand.findings(dossier)[0]


def test_an_obligation_whose_evidence_is_there_is_covered() -> None:
    (line,) = DEMAND.findings(asking(duty("a", "model_card", "intended_use_statement")))
    assert line.state is State.MET
    assert (
        line.sentence == "1 of 1 obligations that concern the system today are covered (state of 2026-11-20)."
    )


def test_an_open_obligation_names_what_is_missing_and_what_clears_it() -> None:
    found = by_code(asking(duty("a", "model_card", "dpia", "fria")))
    line = found["framework.eu-ai-act:a"]
    assert found["framework.eu-ai-act"].state is State.OPEN
    assert "Missing: the document “Data protection impact assessment”" in line.sentence
    assert line.clears.splitlines() == [
        "Add the document “Data protection impact assessment”.",
        "Add the document “Fundamental rights impact assessment”.",
    ]
    assert line.requirement == "Duty a (eu-ai-act:a)"


def test_every_kind_of_evidence_has_a_way_to_be_shown() -> None:
    assert set(vocabulary().evidence) <= set(coverage.EVIDENCE)
    bare = replace(
        facts.bare(), documents=(), runs=(), datasets=(), version=None, log=replace(facts.bare().log, size=0)
    )
    shown = {kind for kind, how in coverage.EVIDENCE.items() if how.shows(bare)}
    assert shown == {"inventory_entry"}  # to be registered is enough
    assert all(how.action for kind, how in coverage.EVIDENCE.items() if kind not in shown | {"change_log"})


def test_what_assay_measures_and_records_shows_itself() -> None:
    kinds = (
        "training_run_record", "data_lineage", "performance_evaluation", "bias_audit", "explainability_report",
        "change_log", "dataset_datasheet", "risk_classification_record", "validation_report", "approval_record",
    )  # fmt: skip
    full = replace(facts.allowing(), classifications=(classification(),))
    assert [kind for kind in kinds if not coverage.EVIDENCE[kind].shows(full)] == []


def test_a_run_without_a_plan_sealed_before_shows_nothing() -> None:
    late = replace(facts.allowing(), plans=tuple(replace(p, sealed_at=facts.NOW) for p in facts.bare().plans))
    assert not coverage.EVIDENCE["bias_audit"].shows(late)
    tampered = replace(facts.allowing(), runs=(facts.run(intact=False),))
    assert not coverage.EVIDENCE["bias_audit"].shows(tampered)


def test_an_approval_of_other_facts_is_no_record_of_this_approval() -> None:
    other = replace(
        facts.allowing(), documents=(facts.document("intended_use_statement", digest=facts.digest("x")),)
    )
    assert coverage.EVIDENCE["approval_record"].shows(facts.allowing())
    assert not coverage.EVIDENCE["approval_record"].shows(other)


# --- dates ---


def test_an_obligation_that_has_not_begun_is_only_announced_and_ends_the_answer() -> None:
    start = facts.NOW + timedelta(days=30)
    dossier = asking(duty("a", "model_card"), duty("b", "dpia", applies_from=start))
    assert summary(dossier).state is State.MET
    assert "1 begin later, the first on 2026-12-21" in summary(dossier).sentence
    assert DEMAND.holds_until(dossier) == start
    assert summary(replace(dossier, now=start)).state is State.OPEN


def test_an_unknown_day_has_come() -> None:
    assert summary(asking(duty("a", "dpia", applies_from=None))).state is State.OPEN


# --- what people sign ---

HUMAN = duty("h", "risk_assessment", level="human")


def test_what_only_a_person_can_judge_needs_a_signed_word() -> None:
    dossier = asking(HUMAN, documents=(facts.document("risk_assessment"),))
    line = by_code(dossier)["framework.eu-ai-act:h"]
    assert (line.state, line.sentence) == (State.OPEN, "Nobody has signed that it is met.")
    assert line.owner_role == "validator"
    assert summary(replace(dossier, signed=(word(HUMAN, dossier),))).state is State.MET


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({"entitled": False}, State.STALE, "no longer holds the role"),
        ({"signer": "dev"}, State.OPEN, "wrote its evidence"),
        ({"basis_digest": "sha256:old"}, State.STALE, "changed since it was signed"),
        ({"state": "open"}, State.OPEN, "Nobody has signed"),
    ],
)
def test_a_word_that_does_not_hold_opens_nothing(changes: dict[str, Any], state: State, words: str) -> None:
    dossier = asking(HUMAN, documents=(facts.document("risk_assessment"),))
    signed = replace(dossier, signed=(word(HUMAN, dossier, **changes),))
    line = by_code(signed)["framework.eu-ai-act:h"]
    assert line.state is state
    assert words in line.sentence


def test_a_new_document_makes_the_word_stale() -> None:
    before = asking(HUMAN, documents=(facts.document("risk_assessment"),))
    after = replace(
        before,
        documents=(facts.document("risk_assessment", number=2, digest=facts.digest("two")),),
        signed=(word(HUMAN, before),),
    )
    assert by_code(after)["framework.eu-ai-act:h"].state is State.STALE


def test_nobody_can_sign_that_evidence_is_there() -> None:
    one = duty("a", "dpia")
    dossier = asking(one)
    line = by_code(replace(dossier, signed=(word(one, dossier),)))["framework.eu-ai-act:a"]
    assert line.state is State.OPEN
    assert "shown by evidence, not by a word" in line.sentence


def test_that_one_does_not_apply_can_be_signed_and_survives_other_documents() -> None:
    one = duty("a", "dpia")
    before = asking(one)
    after = replace(before, signed=(word(one, before, "not_applicable"),))
    assert summary(after).state is State.MET
    more = replace(after, documents=(*after.documents, facts.document("fria")))
    assert summary(more).state is State.MET
    reworded = asking(replace(one, digest=facts.digest("reworded")), signed=after.signed)
    assert summary(reworded).state is State.OPEN


# --- which obligations ---


def test_a_policy_may_name_obligations_and_levels() -> None:
    dossier = asking(duty("a", "dpia"), duty("b", "model_card"), HUMAN)
    assert summary(dossier, FrameworkCovered("eu-ai-act", ("eu-ai-act:b",))).state is State.MET
    assert summary(dossier, FrameworkCovered("eu-ai-act", ("eu-ai-act:a",))).state is State.OPEN
    assert len(by_code(dossier, FrameworkCovered("eu-ai-act", levels=("human",)))) == 2
    of_others = FrameworkCovered("eu-ai-act", ("eu-ai-act:of-others",))
    assert "No obligation that is asked about concerns the system" in summary(dossier, of_others).sentence
    assert summary(dossier, of_others).state is State.MET


def test_an_obligation_that_does_not_exist_closes_the_gate() -> None:
    found = by_code(asking(duty("b", "model_card")), FrameworkCovered("eu-ai-act", ("eu-ai-act:nothing",)))
    assert found["framework.eu-ai-act.unknown"].state is State.OPEN
    assert found["framework.eu-ai-act"].state is State.OPEN


def test_without_a_classification_or_the_facts_nothing_is_known_and_nothing_opens() -> None:
    for dossier in (asking(settled=False), facts.bare()):
        (line,) = DEMAND.findings(dossier)
        assert line.state is State.OPEN
        assert "is not known" in line.sentence


def test_many_open_obligations_are_counted_beyond_a_limit_and_never_met() -> None:
    dossier = asking(*(duty(f"n{number}", "dpia", "fria") for number in range(MAX_LINES + 7)))
    lines = DEMAND.findings(dossier)
    assert len(lines) == MAX_LINES + 2
    assert "And 7 more obligations are open" in lines[-1].sentence
    assert not any(line.met for line in lines)


def test_the_plan_names_each_action_once() -> None:
    dossier = asking(
        duty("a", "dpia", "fria"), duty("b", "fria"), *(duty(f"n{n}", "dpia") for n in range(60))
    )
    actions = plan.shortest([Line(DEMAND.place, line) for line in DEMAND.findings(dossier)])
    assert actions == (
        "Add the document “Data protection impact assessment”.",
        "Add the document “Fundamental rights impact assessment”.",
    )


def test_evidence_that_is_measured_anew_disturbs_votes() -> None:
    dossier = replace(asking(duty("a", "bias_audit"), duty("b", "dpia")), runs=())
    found = by_code(dossier)
    assert DEMAND.disturbs(found["framework.eu-ai-act:a"])
    assert not DEMAND.disturbs(found["framework.eu-ai-act:b"])


KINDS = st.sampled_from(sorted(coverage.EVIDENCE))


@given(st.lists(st.sets(KINDS, min_size=1), min_size=1, max_size=40), st.sets(KINDS), st.booleans())
def test_it_is_met_only_if_nothing_that_is_asked_for_is_missing(
    asked: list[set[str]], written: set[str], begun: bool
) -> None:
    start = BEGUN if begun else facts.NOW + timedelta(seconds=1)
    duties = [duty(str(n), *sorted(kinds), applies_from=start) for n, kinds in enumerate(asked)]
    dossier = asking(*duties, documents=tuple(facts.document(kind) for kind in sorted(written)))
    lines = DEMAND.findings(dossier)
    missing = begun and any(not coverage.EVIDENCE[kind].shows(dossier) for kinds in asked for kind in kinds)
    assert all(line.met for line in lines) == (not missing)


def test_the_facts_come_back_as_they_were_kept() -> None:
    dossier = asking(duty("a"), HUMAN, duty("c", applies_from=None))
    dossier = replace(dossier, signed=(word(HUMAN, dossier),))
    assert codec.read(Dossier, codec.canonical(dossier)) == dossier
    assert isinstance(dossier.frameworks[0].obligations[0].applies_from, datetime)
