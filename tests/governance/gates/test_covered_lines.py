"""What the lines about a framework's obligations say, whole: how it stands, whose it is, and what clears it."""

from dataclasses import replace
from datetime import timedelta

from governance.gates.requirements.covered import MAX_LINES, FrameworkCovered
from governance.gates.spec import Finding, State
from tests.governance.gates import facts
from tests.governance.gates.test_covered import DEMAND, HUMAN, asking, duty, summary


def of_framework(part: str, state: State, sentence: str, requirement: str, **more: str) -> Finding:
    code = f"framework.eu-ai-act{part}"
    return Finding(**{"code": code, "state": state, "sentence": sentence, "requirement": requirement,
                      "owner_role": "compliance_officer", **more})  # type: ignore[arg-type]  # fmt: skip


def test_a_policy_may_leave_items_and_levels_out() -> None:
    assert FrameworkCovered.of({"id": "eu-ai-act"}) == DEMAND
    written = {"id": "eu-ai-act", "items": ["eu-ai-act:a"], "levels": ["human"]}
    assert FrameworkCovered.of(written) == FrameworkCovered("eu-ai-act", ("eu-ai-act:a",), ("human",))
    assert DEMAND.frameworks == ("eu-ai-act",)


def test_what_is_not_known_is_said_with_its_reason() -> None:
    name = "EU Artificial Intelligence Act"
    assert DEMAND.findings(asking(settled=False)) == (
        of_framework(
            "",
            State.OPEN,
            f"What {name} asks for is not known: it depends on the classification, and none is in force.",
            f"Coverage: {name}",
            owner_role="owner",
            clears="Answer the risk questionnaire of the system.",
        ),
    )
    assert DEMAND.findings(facts.bare()) == (
        of_framework(
            "", State.OPEN, "What eu-ai-act asks for is not known.", "Coverage: eu-ai-act", owner_role="owner"
        ),
    )
    assert DEMAND.holds_until(facts.bare()) is None
    assert not DEMAND.disturbs(DEMAND.findings(facts.bare())[0])


def test_summary_what_does_not_exist_and_what_is_open() -> None:
    later = facts.NOW + timedelta(days=30)
    duties = (
        duty("a", "dpia", "fria"),
        duty("b", "model_card"),
        duty("c", applies_from=later + timedelta(1)),
        duty("d", applies_from=later),
        replace(HUMAN, id="eu-ai-act:h"),
    )
    names = tuple(f"eu-ai-act:{name}" for name in "abcdhx")
    demand = FrameworkCovered("eu-ai-act", (*names, "eu-ai-act:of-others"))
    missing = "the document “Data protection impact assessment”, the document “Fundamental rights impact assessment”"
    assert demand.findings(asking(*duties)) == (
        of_framework(
            "",
            State.OPEN,
            "0 of 3 obligations that concern the system today are covered; 2 begin later, the first on 2026-12-21 "
            "(state of 2026-11-20).",
            "Coverage: EU Artificial Intelligence Act",
        ),
        of_framework(
            ".unknown",
            State.OPEN,
            "EU Artificial Intelligence Act has no obligation “eu-ai-act:x”.",
            "Obligations that exist",
            clears="Publish a policy that names obligations of the framework only.",
        ),
        of_framework(
            ":a",
            State.OPEN,
            f"Missing: {missing}.",
            "Duty a (eu-ai-act:a)",
            owner_role="owner",
            clears="Add the document “Data protection impact assessment”.\n"
            "Add the document “Fundamental rights impact assessment”.",
        ),
        of_framework(
            ":h",
            State.OPEN,
            "Nobody has signed that it is met.",
            "Duty h (eu-ai-act:h)",
            owner_role="validator",
            clears="Somebody who did not write the evidence signs how eu-ai-act:h stands.",
        ),
    )
    assert demand.holds_until(asking(*duties)) == later


def test_what_is_beyond_the_limit_is_one_line_with_every_action() -> None:
    duties = [duty(f"n{number}", "dpia", "fria") for number in range(MAX_LINES + 1)]
    assert DEMAND.findings(asking(*duties))[-1] == of_framework(
        ".more",
        State.OPEN,
        "And 1 more obligations are open; the page of coverage lists them.",
        "All other obligations",
        clears="Add the document “Data protection impact assessment”.\n"
        "Add the document “Fundamental rights impact assessment”.",
    )
    assert len(DEMAND.findings(asking(*duties[:-1]))) == 1 + MAX_LINES


def test_what_begins_at_this_moment_has_begun() -> None:
    today = asking(duty("a", "model_card", applies_from=facts.NOW))
    assert DEMAND.holds_until(today) is None
    assert DEMAND.findings(today) == (
        of_framework(
            "",
            State.MET,
            "1 of 1 obligations that concern the system today are covered (state of 2026-11-20).",
            "Coverage: EU Artificial Intelligence Act",
        ),
    )
    later = duty("a", applies_from=facts.NOW + timedelta(1))
    assert summary(asking(later)).sentence == (
        "0 of 0 obligations that concern the system today are covered; "
        "1 begin later, the first on 2026-11-22 (state of 2026-11-20)."
    )
    assert summary(asking()).sentence == (
        "No obligation that is asked about concerns the system (state of 2026-11-20)."
    )
