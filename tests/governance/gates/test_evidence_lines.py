"""What the lines about checks say, whole: how it stands, whose it is, and what clears it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from governance.gates.requirements.checks import Bar, ChecksPassed
from governance.gates.requirements.measured import AUDIT
from governance.gates.spec import Dossier, Finding, RunFacts, State
from tests.governance.gates import facts

PLAN = f"checks.plan.{facts.digest('plan')[7:19]}"
CHECK = "checks.Impact ratio by sex"
NEW_VERSION = "Correct the model or its data and register a new version that passes this check."
MORE_ROWS = "Audit this version on a dataset version with more rows where this check has too few."
ONCE_MORE = "Correct what could not be measured, then run the audit again."


def after(*runs: RunFacts, **changes: Any) -> Dossier:
    return replace(facts.bare(), runs=runs, **changes)


def lines(dossier: Dossier, **demand: Any) -> tuple[Finding, ...]:
    return ChecksPassed.of({"all": True, **demand}).findings(dossier)


def finding(
    code: str, state: State, sentence: str, requirement: str, clears: str, owner: str = "validator"
) -> Finding:
    return Finding(code, state, sentence, requirement, owner, clears)


UNCHECKED = finding("checks", State.OPEN, "No check of this version has a verdict.", "All checks", AUDIT)


def test_a_policy_need_say_no_more_than_all() -> None:
    assert ChecksPassed.of({"all": True}) == ChecksPassed(
        names=(),
        bars=(),
        attempts=None,
        unseen=False,
        deviations=(("validator", 1), ("compliance_officer", 1)),
    )


def test_a_policy_may_say_everything() -> None:
    written = {
        "all": True,
        "names": ["Accuracy"],
        "bars": [[{"metric": "gap", "at_most": 0}, {"metric": "ratio", "at_least": "0.80"}]],
        "attempts": 5,
        "unseen": True,
        "deviations": {
            "of": [{"role": "validator"}, {"role": "approver"}, {"role": "validator", "count": 2}]
        },
    }
    assert ChecksPassed.of(written) == ChecksPassed(
        names=("Accuracy",),
        bars=((Bar("gap", "at_most", Decimal(0)), Bar("ratio", "at_least", Decimal("0.8"))),),
        attempts=5,
        unseen=True,
        deviations=(("validator", 3), ("approver", 1)),
    )


@pytest.mark.parametrize(
    ("side", "comparison", "threshold", "holds"),
    [
        ("at_least", ">=", "0.8", True),
        ("at_least", ">", "0.80", True),
        ("at_least", ">=", "0.81", True),
        ("at_least", ">=", "0.79", False),
        ("at_least", "<=", "0.9", False),
        ("at_most", "<=", "0.8", True),
        ("at_most", "<", "0.80", True),
        ("at_most", "<=", "0.79", True),
        ("at_most", "<=", "0.81", False),
        ("at_most", ">=", "0.7", False),
    ],
)
def test_a_bar_is_held_by_what_is_no_laxer(side: str, comparison: str, threshold: str, holds: bool) -> None:
    check = facts.check(metric="ratio", comparison=comparison, threshold=threshold)
    assert Bar("ratio", side, Decimal("0.8")).held_by(check) is holds
    assert not Bar("other", side, Decimal("0.8")).held_by(check)


def test_what_was_never_run_is_said_beside_what_no_plan_holds() -> None:
    bars = [[{"metric": "gap", "at_most": "0.1"}, {"metric": "ratio", "at_least": "0.8"}]]
    either = "a check that gap is at most 0.1 or ratio is at least 0.8"
    assert lines(after(), names=["Accuracy"], bars=bars) == (
        finding(PLAN, State.OPEN, "A sealed plan has not been run to its end.", "Sealed plan run", AUDIT),
        UNCHECKED,
        finding(
            "checks.absent.Accuracy",
            State.OPEN,
            "The audits that count do not hold a check named “Accuracy”.",
            "Planned: a check named “Accuracy”",
            "Seal a plan with a check named “Accuracy”, and run it.",
        ),
        finding(
            "checks.absent.gap",
            State.OPEN,
            f"The audits that count do not hold {either}.",
            f"Planned: {either}",
            f"Seal a plan with {either}, and run it.",
        ),
    )


@pytest.mark.parametrize(
    ("verdict", "state", "clears", "owner"),
    [
        ("passed", State.MET, "", "validator"),
        ("failed", State.OPEN, NEW_VERSION, "developer"),
        ("insufficient", State.INSUFFICIENT, MORE_ROWS, "validator"),
        ("errored", State.OPEN, ONCE_MORE, "validator"),
        ("splendid", State.OPEN, AUDIT, "validator"),
    ],
)
def test_a_check(verdict: str, state: State, clears: str, owner: str) -> None:
    run = facts.run(checks=(facts.check(verdict=verdict),))
    sentence = "Impact ratio by sex is 0.91."
    assert lines(after(run)) == (
        finding(CHECK, state, sentence, "Check: Impact ratio by sex", clears, owner),
    )


@pytest.mark.parametrize(
    ("changes", "state", "sentence", "requirement", "clears", "beside"),
    [
        (
            {"intact": False},
            State.OPEN,
            "The stored result of an audit no longer has the digest it was recorded with.",
            "Untouched result",
            AUDIT,
            ["checks"],
        ),
        (
            {"requested_at": facts.ago(days=8)},
            State.OPEN,
            "The audit was started before its plan was sealed, or with another seed, so it is exploratory.",
            "Plan sealed before",
            AUDIT,
            [CHECK],
        ),
        (
            {"state": "failed"},
            State.OPEN,
            "The audit as a whole ended as failed.",
            "Audit ended well",
            NEW_VERSION,
            [CHECK],
        ),
        (
            {"state": "insufficient"},
            State.INSUFFICIENT,
            "The audit as a whole ended as insufficient.",
            "Audit ended well",
            MORE_ROWS,
            [CHECK],
        ),
        (
            {"state": "errored", "checks": ()},
            State.OPEN,
            "The audit as a whole ended as errored.",
            "Audit ended well",
            ONCE_MORE,
            ["checks"],
        ),
        (
            {"checks": (facts.check(blocking=False),)},
            State.OPEN,
            "The audit's plan holds no check that the gate waits for.",
            "Blocking checks",
            AUDIT,
            ["checks"],
        ),
    ],
)
def test_what_is_wrong_with_an_audit_as_a_whole(
    changes: dict[str, Any], state: State, sentence: str, requirement: str, clears: str, beside: list[str]
) -> None:
    first, *others = lines(after(facts.run(**changes)))
    assert first == finding(PLAN, state, sentence, requirement, clears)
    assert [line.code for line in others] == beside


def test_a_failed_check_says_why_the_audit_ended_badly() -> None:
    failed = facts.run(
        state="failed", checks=(facts.check("Gap", verdict="failed", blocking=False), facts.check())
    )
    assert [line.code for line in lines(after(failed))] == [CHECK]


def test_checks_of_one_plan_are_checks_though_another_was_not_run() -> None:
    second = replace(
        facts.bare().plans[0], id="plan-2", dataset_version="data-1", digest=facts.digest("plan-2")
    )
    codes = [line.code for line in lines(after(facts.run(), plans=(*facts.bare().plans, second)))]
    assert codes == [CHECK, f"checks.plan.{facts.digest('plan-2')[7:19]}"]


def test_every_plan_and_every_other_demand_on_evidence_has_its_lines() -> None:
    second = replace(
        facts.bare().plans[0], id="plan-2", dataset_version="data-1", digest=facts.digest("plan-2")
    )
    dossier = after(
        facts.run(attempt=1),
        facts.run(id="run-2", plan="plan-2", attempt=1, checks=(facts.check("Accuracy"),)),
        plans=(*facts.bare().plans, second),
    )
    one, two = (facts.digest(name)[7:19] for name in ("plan", "plan-2"))
    assert [(line.code, line.state) for line in lines(dossier, attempts=1, unseen=True)] == [
        (CHECK, State.MET),
        ("checks.Accuracy", State.MET),
        (f"checks.attempts.{one}", State.MET),
        (f"checks.attempts.{two}", State.MET),
        (f"checks.unseen.{one}", State.MET),
        (f"checks.unseen.{two}", State.INSUFFICIENT),
    ]


def test_another_result_is_another_question() -> None:
    assert ChecksPassed().disturbs(UNCHECKED) is True
