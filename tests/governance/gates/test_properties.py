"""What holds of every dossier: nothing missing passes, and a fact more never hides another demand."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.gates import codec
from governance.gates.decide import judge
from governance.gates.spec import Dossier, GateDecision
from tests.governance.gates import facts

# What an allowing dossier is made of; each of them alone keeps the gate shut when it is gone.
PARTS = ("documents", "plans", "runs", "requests", "votes", "reports")
NEEDED = [(part, number) for part in PARTS for number in range(len(getattr(facts.allowing(), part)))]
STATES = ["passed", "failed", "insufficient", "errored", "", "PASSED", "allow"]


def without(dossier: Dossier, part: str, number: int) -> Dossier:
    rows = getattr(dossier, part)
    return replace(dossier, **{part: rows[:number] + rows[number + 1 :]})


def decided(dossier: Dossier) -> GateDecision:
    return judge(dossier, facts.body())


def met(decision: GateDecision) -> dict[str, bool]:
    return {finding.code: finding.met for finding in decision.findings}


@given(st.sampled_from(NEEDED))
def test_any_single_fact_removed_from_an_allowing_dossier_denies(gone: tuple[str, int]) -> None:
    part, number = gone
    if (
        part == "requests"
    ):  # votes carry the digest themselves; without the question nobody may tell what they meant
        return
    assert not decided(without(facts.allowing(), part, number)).allows


@given(st.sets(st.sampled_from(NEEDED)))
def test_the_gate_opens_for_no_part_of_what_is_asked_for(gone: set[tuple[str, int]]) -> None:
    dossier = facts.allowing()
    for part, number in sorted(gone, reverse=True):
        dossier = without(dossier, part, number)
    assert decided(dossier).allows == (not gone)


@given(st.sets(st.sampled_from([n for n in NEEDED if n[0] == "documents"])), st.data())
def test_a_missing_document_added_changes_no_other_line_for_the_worse(
    gone: set[tuple[str, int]], data: Any
) -> None:
    full = facts.bare()
    less = full
    for part, number in sorted(gone, reverse=True):
        less = without(less, part, number)
    if not gone:
        return
    _, number = data.draw(st.sampled_from(sorted(gone)))
    added = full.documents[number]
    before, after = decided(less), decided(replace(less, documents=(*less.documents, added)))
    assert met(after)[f"documents.{added.kind}"]
    changed = {code for code in met(before) if met(before)[code] and not met(after).get(code, False)}
    assert not changed


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["vera", "cora", "adam", "dev", "stew", "rita"]),
            st.sampled_from(["validator", "compliance_officer", "approver", "reviewer"]),
            st.sampled_from(["approve", "reject"]),
            st.booleans(),
            st.booleans(),
            st.integers(0, 200),
        ),
        max_size=12,
    )
)
@settings(max_examples=300)
def test_an_allow_always_has_three_different_independent_people_and_no_rejection(votes: list[Any]) -> None:
    dossier = facts.asked(facts.bare())
    rows = [
        facts.vote(
            dossier,
            voter,
            role,
            verdict=verdict,
            entitled=entitled,
            subject_digest=dossier.requests[-1].subject_digest if current else facts.digest("old"),
            voted_at=facts.ago(days=days),
        )
        for voter, role, verdict, entitled, current, days in votes
    ]
    dossier = facts.reported(replace(dossier, votes=tuple(rows)))
    if not decided(dossier).allows:
        return
    digest = dossier.requests[-1].subject_digest
    last = {
        v.voter: v for v in sorted(rows, key=lambda v: (v.voted_at, v.voter)) if v.subject_digest == digest
    }
    good = {v.voter: v.role for v in last.values() if v.verdict == "approve" and v.entitled}
    assert all(vote.verdict == "approve" for vote in last.values())
    for role in ("validator", "compliance_officer", "approver"):
        assert any(held == role and person not in {"dev", "stew"} for person, held in good.items())


@given(st.sampled_from(STATES), st.sampled_from(STATES), st.booleans(), st.booleans())
def test_only_a_run_that_passed_with_every_check_passed_opens(
    state: str, verdict: str, intact: bool, planned: bool
) -> None:
    run = facts.run(state=state, intact=intact, checks=(facts.check(verdict=verdict),) if planned else ())
    dossier = facts.reported(facts.voted(facts.asked(replace(facts.bare(), runs=(run,)))))
    assert decided(dossier).allows == (state == verdict == "passed" and intact and planned)


@given(st.permutations(facts.allowing().documents), st.permutations(facts.allowing().votes))
def test_the_order_of_facts_does_not_matter(documents: Any, votes: Any) -> None:
    dossier = replace(facts.allowing(), documents=tuple(documents), votes=tuple(votes))
    assert codec.canonical(decided(dossier)) == codec.canonical(decided(facts.allowing()))


@given(st.text(max_size=400))
def test_no_text_as_a_policy_opens_the_gate(text: str) -> None:
    assert not judge(facts.allowing(), text).allows
