"""What the gate says of itself, whole: of the policy, of where system and version stand, and a decision as one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from governance.gates import subject
from governance.gates.decide import checklist, decide, judge
from governance.gates.policy import Policy, Section, parse
from governance.gates.requirements.base import Place
from governance.gates.requirements.documents import DocumentsPresent
from governance.gates.spec import Dossier, Finding, GateDecision, PolicyReference, State, Verdict
from registry.errors import Invalid
from tests.governance.gates import facts, policies

PUBLISH = "Publish a policy that covers this system, step and environment."
TERMS = {
    "waivers": {
        "allowed": ["documents."],
        "approvers": [["validator"], ["compliance_officer"]],
        "max_days": 30,
        "budget_days": 60,
    },
    "break_glass": {"max_hours": 8, "review_days": 5},
}
TWO_DOCUMENTS = policies.text([{"documents": {"kinds": ["dpia", "fria"]}}], **TERMS)


def of_policy(code: str, sentence: str) -> Finding:
    return Finding(code, State.OPEN, sentence, "Policy", "compliance_officer", PUBLISH)


def under(tier: str = "high", prohibited: str = "", *sections: Section) -> Policy:
    """A policy that asks for a model card, or for what is given."""
    card = Section("model_version", "compliance", "production", (), (DocumentsPresent(("model_card",)),))
    return Policy("Own", tier, prohibited, sections or (card,))


def asks(*demands: Any) -> Policy:
    return under("high", "", Section("model_version", "compliance", "production", (), demands))


def at(system: str = "development", version: str = "compliance", **changes: Any) -> Dossier:
    """With system and version at these stages."""
    dossier = facts.allowing()
    assert dossier.version is not None
    moved = {
        "system": replace(dossier.system, stage=system),
        "version": replace(dossier.version, stage=version),
    }
    return replace(dossier, **{**moved, **changes})


def of_tier(tier: str) -> Dossier:
    return replace(facts.allowing(), system=replace(facts.allowing().system, tier=tier))


def test_a_line_says_what_it_was_made_with() -> None:
    line = Finding("a", State.OPEN, "No.", "An a", "owner", "Do it.", "Or ask for a waiver.")
    assert (line.code, line.state, line.sentence, line.requirement) == ("a", State.OPEN, "No.", "An a")
    assert (line.owner_role, line.clears, line.alternative) == ("owner", "Do it.", "Or ask for a waiver.")
    bare = Finding("a", State.MET, "Yes.", "An a", "owner")
    assert (bare.clears, bare.alternative) == ("", "")


def test_without_a_policy_that_is_the_whole_answer() -> None:
    dossier = replace(facts.allowing(), policy=None)
    assert judge(dossier, "") == GateDecision(
        verdict=Verdict.DENY,
        transition="compliance→production",
        subject_digest=subject.subject_digest(dossier),
        policy=None,
        findings=(of_policy("policy.missing", "No policy is published for the risk tier “high”."),),
        unblock_plan=(PUBLISH,),
        holds_until=None,
    )


@pytest.mark.parametrize(
    ("dossier", "policy", "said"),
    [
        (
            replace(facts.allowing(), step=replace(facts.TO_PRODUCTION, to_stage="retired")),
            under(),
            of_policy("policy.no_section", "The policy says nothing about the step compliance→retired."),
        ),
        (
            replace(facts.allowing(), step=None, environment="moon"),
            under(),
            of_policy("environment.unknown", "The policy knows no environment “moon”; it knows none."),
        ),
        (
            of_tier("unacceptable"),
            under("unacceptable"),
            Finding(
                code="tier.unacceptable",
                state=State.OPEN,
                sentence="The system's use is classified as unacceptable; nothing of it may move on.",
                requirement="Permitted use",
                owner_role="compliance_officer",
                clears="",
            ),
        ),
        (
            facts.allowing(),
            under(prohibited="not here."),
            of_policy("policy.prohibits", "The policy prohibits this tier: not here."),
        ),
        (
            facts.allowing(),
            under("limited"),
            of_policy("policy.other_tier", "The policy is for the tier “limited”, not “high”."),
        ),
        (
            replace(facts.allowing(), policy=replace(facts.policy_facts(), intact=False)),
            under(),
            of_policy("policy.tampered", "The policy's text no longer has the digest it was published with."),
        ),
        (
            facts.allowing(),
            asks(DocumentsPresent(())),
            of_policy("policy.silent", "The demand “documents” says nothing about these facts."),
        ),
        (
            facts.allowing(),
            asks(),
            of_policy(
                "policy.empty",
                "The policy asks for nothing at this step, so nothing shows that it may be taken.",
            ),
        ),
        (
            at(system="data_sourcing"),
            under(),
            Finding(
                code="system.stage",
                state=State.OPEN,
                sentence="The system stands at “data sourcing”; its problem, data and features must be accepted first.",
                requirement="System ready (G1 to G3)",
                owner_role="owner",
                clears="Move the system to development.",
            ),
        ),
        (
            at(version="validation"),
            under(),
            Finding(
                code="version.stage",
                state=State.OPEN,
                sentence="The version stands at “validation”, not at “compliance”.",
                requirement="Steps in order",
                owner_role="developer",
                clears="Move the version to “compliance”.",
            ),
        ),
    ],
    ids=lambda value: value.code if isinstance(value, Finding) else "",
)
def test_what_alone_closes_the_gate(dossier: Dossier, policy: Policy, said: Finding) -> None:
    assert [finding for finding in decide(dossier, policy).findings if finding.blocks] == [said]


def test_why_a_policy_cannot_be_read_is_said() -> None:
    with pytest.raises(Invalid) as refused:
        parse("transitions: 7")
    (line,) = judge(facts.allowing(), "transitions: 7").findings
    assert line == of_policy("policy.unreadable", f"The policy cannot be read: {refused.value.message}")


def test_a_door_opens_for_what_has_not_yet_taken_its_step() -> None:
    assert decide(at(environment="production"), under()).verdict is Verdict.ALLOW


def test_a_door_before_production_is_not_for_what_is_in_production() -> None:
    step = replace(facts.TO_PRODUCTION, from_stage="validation", to_stage="compliance")
    policy = under(
        "high",
        "",
        Section("model_version", "validation", "compliance", (), (DocumentsPresent(("model_card",)),)),
    )
    for stage, opens in (("validation", True), ("compliance", True), ("production", False)):
        assert decide(at(version=stage, step=step, environment="staging"), policy).allows is opens


def test_every_line_has_its_turn_and_only_other_questions_make_votes_stale() -> None:
    tampered = replace(facts.policy_facts(), intact=False)
    dossier = at(policy=tampered, break_glass=(facts.emergency(),))
    policy = asks(DocumentsPresent(("dpia", "intended_use_statement")), DocumentsPresent(()))
    assert [(line.place, line.finding.code, line.disturbs) for line in checklist(dossier, policy)] == [
        (Place.POLICY, "policy.tampered", True),
        (Place.SYSTEM, "system.stage", False),
        (Place.STAGE, "version.stage", False),
        (Place.PEOPLE, "break_glass.review", False),
        (Place.DOCUMENTS, "documents.dpia", False),
        (Place.DOCUMENTS, "documents.intended_use_statement", True),
        (Place.POLICY, "policy.silent", False),
    ]
    *_, last = checklist(dossier, asks())
    assert (last.place, last.finding.code, last.disturbs) == (Place.POLICY, "policy.empty", False)


def test_where_the_policy_says_nothing_there_is_no_checklist() -> None:
    assert checklist(at(step=None, environment="moon"), under()) == []


def test_everything_in_one_decision() -> None:
    """One document is waived and one passed over in an emergency; the rest is as it should be."""
    dossier = replace(facts.bare(), environment="production", break_glass=(facts.emergency(),))
    dossier = replace(dossier, waivers=(facts.covering(dossier, "documents.dpia", under=TWO_DOCUMENTS),))
    decision = judge(dossier, TWO_DOCUMENTS)
    assert replace(decision, findings=()) == GateDecision(
        verdict=Verdict.ALLOW_WITH_WAIVER,
        transition="compliance→production",
        subject_digest=subject.subject_digest(dossier),
        policy=PolicyReference("High risk", 1, facts.digest(facts.body())),
        findings=(),
        unblock_plan=(),
        holds_until=facts.NOW + timedelta(hours=7),
        waivers=("break_glass:emergency-1", "waiver-1"),
    )
    assert [(f.code, f.state) for f in decision.findings] == [
        ("break_glass.running", State.WAIVED),
        ("system.stage", State.MET),
        ("version.stage", State.MET),
        ("break_glass.review", State.MET),
        ("documents.dpia", State.WAIVED),
        ("documents.fria", State.WAIVED),
    ]
