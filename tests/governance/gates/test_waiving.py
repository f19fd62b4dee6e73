"""A waiver covers exactly what it was granted for, for as long as everything still holds that it rested on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from governance.gates import codec, subject
from governance.gates.decide import judge
from governance.gates.policy import parse
from governance.gates.spec import Dossier, GateDecision, State, Verdict
from governance.gates.waiving import NEVER
from registry.errors import Invalid
from tests.governance.gates import facts

CHECK = "checks.Impact ratio by sex"


def failing(**changes: Any) -> Dossier:
    """One check has failed; everything else is in order but votes and report."""
    check = facts.check(verdict="failed", sentence="Impact ratio by sex is 0.71.", **changes)
    return replace(facts.bare(), runs=(facts.run(state="failed", checks=(check,)),))


def complete(dossier: Dossier) -> Dossier:
    """With votes and report on the facts as they are, the waivers among them."""
    return facts.reported(facts.voted(facts.asked(dossier)))


def waived(**changes: Any) -> Dossier:
    """The failed check is waived, and everybody has voted on that."""
    dossier = failing()
    return complete(replace(dossier, waivers=(facts.covering(dossier, CHECK, **changes),)))


def decided(dossier: Dossier, body: str = "") -> GateDecision:
    return judge(dossier, body or facts.body_with_waivers())


def state_of(dossier: Dossier, code: str = CHECK) -> State:
    return next(f.state for f in decided(dossier).findings if f.code == code)


def test_it_works() -> None:
    decision = decided(waived())
    assert decision.verdict is Verdict.ALLOW_WITH_WAIVER
    assert decision.allows
    assert decision.waivers == ("waiver-1",)
    assert decision.unblock_plan == ()
    line = next(f for f in decision.findings if f.code == CHECK)
    assert line.state is State.WAIVED
    assert line.sentence == (
        "Impact ratio by sex is 0.71. Waived until 20 Dec 2026, 12:00 UTC by the waiver waiver-1."
    )


def test_without_it_the_gate_is_closed() -> None:
    decision = decided(complete(failing()))
    assert decision.verdict is Verdict.DENY
    assert decision.waivers == ()


def test_it_bounds_how_long_the_decision_holds() -> None:
    dossier = waived()
    assert decided(dossier).holds_until == dossier.waivers[0].expires_at


def test_where_nothing_is_waived_the_answer_is_a_plain_allow() -> None:
    dossier = facts.bare()
    unneeded = facts.covering(failing(), CHECK)
    decision = decided(complete(replace(dossier, waivers=(unneeded,))))
    assert decision.verdict is Verdict.ALLOW
    assert decision.waivers == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "revoked"},
        {"expires_at": facts.NOW},
        {"expires_at": facts.NOW - timedelta(seconds=1), "starts": facts.ago(days=9)},
        {"starts": facts.NOW + timedelta(seconds=1), "expires_at": facts.NOW + timedelta(days=9)},
        {"model_version": "version-2"},
        {"step": "validation→compliance"},
        {"environment": "staging"},
        {"environment": "production"},  # the door; here the step itself is asked about
        {"intact": False},
        {"entitled": False},
        {"requester": "vera"},
        {"approver": "dev"},
        {"approved_role": "approver"},
        {"approved_role": "compliance_officer"},  # who approves the first renewal, not the first waiver
        {"renewal": 1},
        {"renewal": 2, "approved_role": "compliance_officer"},
        {
            "starts": facts.ago(days=2),
            "expires_at": facts.NOW + timedelta(days=29),
        },  # longer than the policy allows
        {"findings": ()},
    ],
    ids=str,
)
def test_it_counts_for_nothing_when_one_thing_is_not_as_it_should_be(changes: dict[str, Any]) -> None:
    decision = decided(waived(**changes))
    assert decision.verdict is Verdict.DENY
    assert state_of(waived(**changes)) is State.OPEN


def test_its_last_moment_still_counts() -> None:
    assert decided(waived(expires_at=facts.NOW + timedelta(microseconds=1))).allows


def test_a_renewal_by_a_higher_role_counts() -> None:
    assert decided(waived(renewal=1, approver="cora", approved_role="compliance_officer")).allows


def test_one_for_an_environment_counts_at_its_door_only() -> None:
    dossier = waived(environment="production")
    assert not decided(dossier).allows
    assert decided(replace(dossier, environment="production")).allows
    assert not decided(replace(dossier, environment="staging")).allows


def test_one_for_the_step_counts_at_the_doors_it_guards() -> None:
    assert decided(replace(waived(), environment="production")).allows


def test_changed_evidence_ends_it_though_the_words_are_the_same() -> None:
    dossier = waived()
    again = replace(dossier.runs[0], id="run-2", result_digest=facts.digest("other result"))
    changed = complete(replace(dossier, runs=(again,), requests=(), votes=(), reports=()))
    assert state_of(changed) is State.OPEN


def test_other_words_end_it_though_the_evidence_is_the_same() -> None:
    dossier = waived()
    check = replace(dossier.runs[0].checks[0], sentence="Impact ratio by sex is 0.70.")
    changed = replace(dossier, runs=(replace(dossier.runs[0], checks=(check,)),))
    assert state_of(changed) is State.OPEN


def test_another_failure_is_not_covered() -> None:
    dossier = waived()
    other = facts.check("Accuracy", verdict="failed", sentence="Accuracy is 0.51.")
    run = replace(dossier.runs[0], checks=(*dossier.runs[0].checks, other))
    decision = decided(replace(dossier, runs=(run,)))
    assert {f.code: f.state for f in decision.findings if f.code.startswith("checks.")} == {
        CHECK: State.WAIVED,
        "checks.Accuracy": State.OPEN,
    }
    assert decision.verdict is Verdict.DENY


def test_a_tampered_result_is_never_waived() -> None:
    dossier = replace(facts.bare(), runs=(facts.run(intact=False, checks=()),))
    codes = [
        f.code for f in decided(dossier).findings if f.blocks and f.code.startswith(("checks", "evidence"))
    ]
    waiver = facts.covering(dossier, *codes)
    assert waiver.findings
    decision = decided(complete(replace(dossier, waivers=(waiver,))))
    assert not decision.allows
    assert {f.state for f in decision.findings if f.code in codes} == {State.OPEN}


def test_what_the_policy_does_not_name_is_not_waived() -> None:
    dossier = replace(facts.bare(), documents=facts.bare().documents[1:])  # no problem definition
    waiver = facts.covering(dossier, "documents.problem_definition")
    decision = decided(complete(replace(dossier, waivers=(waiver,))))
    assert (
        state_of(complete(replace(dossier, waivers=(waiver,))), "documents.problem_definition") is State.OPEN
    )
    assert decision.verdict is Verdict.DENY


def test_without_the_key_nothing_is_waived() -> None:
    decision = decided(waived(), facts.body())
    assert decision.verdict is Verdict.DENY
    assert all(f.state is not State.WAIVED and not f.alternative for f in decision.findings)


def test_a_missing_document_can_be_waived_where_the_policy_names_it() -> None:
    bare = facts.bare()
    dossier = replace(bare, documents=tuple(d for d in bare.documents if d.kind != "model_card"))
    waiver = facts.covering(dossier, "documents.model_card")
    assert decided(complete(replace(dossier, waivers=(waiver,)))).verdict is Verdict.ALLOW_WITH_WAIVER


@pytest.mark.parametrize("start", NEVER)
def test_a_policy_that_would_waive_what_nobody_can_is_refused(start: str) -> None:
    text = facts.body_with_waivers().replace("allowed: [checks.,", f"allowed: [{start},")
    with pytest.raises(Invalid) as refused:
        parse(text)
    [(place, words)] = refused.value.errors
    assert place.endswith("waivers.allowed[0]")
    assert "can never be waived" in words


@pytest.mark.parametrize(
    ("was", "now", "place"),
    [
        ("[compliance_officer]]", "[reviewer]]", "waivers.approvers[1]"),
        ("[compliance_officer]]", "[ci]]", "waivers.approvers[1][0]"),
        ("budget_days: 60", "budget_days: 20", "waivers.budget_days"),
        ("max_days: 30", "max_days: 0", "waivers.max_days"),
        ("max_hours: 8", "max_hours: 1000", "break_glass.max_hours"),
        ("  budget_days: 60\n", "", "waivers"),
    ],
)
def test_rules_that_are_none_are_refused_with_their_place(was: str, now: str, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(facts.body_with_waivers().replace(was, now))
    assert [where.partition(", ")[2] for where, _ in refused.value.errors] == [place]


def test_votes_are_about_the_waivers_too() -> None:
    dossier = waived()
    revoked = replace(dossier, waivers=(replace(dossier.waivers[0], state="revoked"),))
    before, after = subject.subject_of(dossier), subject.subject_of(revoked)
    assert subject.changed_words(before, after) == "the waivers"
    states = {f.code: f.state for f in decided(revoked).findings}
    assert states["approvals.validator"] is State.STALE


def test_votes_go_stale_when_a_waiver_is_added_and_when_it_ends() -> None:
    plain = complete(facts.bare())
    added = replace(plain, waivers=(facts.covering(failing(), CHECK),))
    over = replace(added, now=added.waivers[0].expires_at)
    assert decided(plain).allows
    assert not decided(added).allows
    assert subject.subject_digest(over) == subject.subject_digest(plain)


def test_a_renewal_takes_over_without_another_vote() -> None:
    dossier = failing()
    first = facts.covering(dossier, CHECK, expires_at=facts.NOW + timedelta(days=1))
    renewal = facts.covering(
        dossier,
        CHECK,
        id="waiver-2",
        renews="waiver-1",
        renewal=1,
        approver="cora",
        approved_role="compliance_officer",
        starts=first.expires_at,
        expires_at=first.expires_at + timedelta(days=20),
        digest=facts.digest("renewal"),
    )
    before = complete(replace(dossier, waivers=(first, renewal)))
    after = replace(before, now=facts.NOW + timedelta(days=2))
    assert decided(before).waivers == ("waiver-1",)
    assert decided(after).waivers == ("waiver-2",)
    assert decided(before).allows
    assert decided(after).allows


def test_one_for_another_step_is_not_what_votes_on_this_one_are_about() -> None:
    plain = facts.bare()
    other = facts.covering(failing(), CHECK, step="validation→compliance")
    assert subject.subject_digest(replace(plain, waivers=(other,))) == subject.subject_digest(plain)


def test_a_report_is_about_every_waiver_that_ever_was() -> None:
    plain = facts.bare()
    over = facts.covering(failing(), CHECK, expires_at=facts.ago(hours=1))
    assert subject.basis_digest(replace(plain, waivers=(over,))) != subject.basis_digest(plain)


def test_asking_for_a_waiver_is_another_way_and_never_the_way() -> None:
    decision = decided(complete(failing()))
    line = next(f for f in decision.findings if f.code == CHECK)
    assert line.alternative == (
        "Or ask for a waiver of at most 30 days; a validator or a risk reviewer may approve it."
    )
    assert all("waiver" not in action for action in decision.unblock_plan)
    assert all(not f.alternative for f in decision.findings if f.met)


def test_a_decision_with_a_waiver_is_made_again_the_same() -> None:
    dossier = waived()
    stored = codec.canonical(dossier)
    again = judge(codec.read(Dossier, stored), facts.body_with_waivers())
    assert codec.canonical(again) == codec.canonical(decided(dossier))
