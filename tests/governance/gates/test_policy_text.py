"""A policy that is not one is refused with the line, the path and what is allowed there."""

import pytest

from governance.gates.policy import parse
from governance.gates.requirements import REQUIREMENTS
from registry.errors import Invalid
from registry.stages import RiskTier
from tests.governance.gates import facts

HEAD = "schema: assay.policy/1\nname: X\ntier: high\n"
STEP = f"{HEAD}transitions:\n  - from: development\n    to: validation\n    requirements:\n"


@pytest.mark.parametrize("tier", RiskTier.values)
def test_the_policies_that_come_with_assay_are_policies(tier: str) -> None:
    policy = parse(facts.body(tier))
    assert policy.tier == tier
    assert bool(policy.prohibited) == (tier == "unacceptable")
    if not policy.prohibited:
        assert policy.environments["production"].to_stage == "production"
        assert all(section.requirements for section in policy.sections)


def test_every_kind_of_demand_is_used_by_a_policy_that_comes_with_assay() -> None:
    used = {
        r.name for tier in RiskTier.values for s in parse(facts.body(tier)).sections for r in s.requirements
    }
    assert used == set(REQUIREMENTS)


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("", "line 1", "empty"),
        ("a: [", "line 1", "cannot be read"),
        (f"{HEAD}extra: 1\n", "line 4, extra", "Allowed: name, prohibited, schema, tier, transitions"),
        (HEAD.replace("high", "hgh") + "prohibited: x\n", "line 3, tier", "Allowed: minimal, limited, high"),
        (HEAD, "line 1", "Either transitions or prohibited"),
        (
            f"{STEP}      - documents: {{kinds: [modelcard]}}\n",
            "line 8, transitions[0].requirements[0].documents.kinds[0]",
            "Allowed: ",
        ),
        (
            f"{STEP}      - votes: 3\n",
            "line 8, transitions[0].requirements[0].votes",
            "Allowed: approvals, checks",
        ),
        (f"{STEP.rstrip()} []\n", "line 7, transitions[0].requirements", "non-empty"),
        (
            f"{STEP}      - approvals:\n          of: [{{role: ci}}]\n          exclude: [requester]\n",
            "line 9, transitions[0].requirements[0].approvals.of[0].role",
            "Allowed: validator, reviewer, compliance_officer, approver",
        ),
        (
            f"{STEP}      - approvals:\n          of: [{{role: reviewer, count: 0}}]\n          exclude: [requester]\n",
            "line 9, transitions[0].requirements[0].approvals.of[0].count",
            "minimum",
        ),
        (
            f"{STEP}      - approvals: {{of: [{{role: validator}}], exclude: []}}\n",
            "line 8, transitions[0].requirements[0].approvals.exclude",
            "non-empty",
        ),
        (
            f"{STEP}      - evidence: {{kind: bias, level: reproduced}}\n",
            "line 8, transitions[0].requirements[0].evidence.level",
            "Allowed: attested, uploaded, measured",
        ),
        (
            STEP.replace("to: validation", "to: production") + "      - datasets: {at_least: 1}\n",
            "line 6, transitions[0].to",
            "There is no gate from development to production. Gates: development to validation",
        ),
        (
            STEP.replace("to: validation", "to: retired") + "      - datasets: {at_least: 1}\n",
            "line 6, transitions[0].to",
            "There is no gate from development to retired",
        ),
    ],
)
def test_a_mistake_is_named(text: str, place: str, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert refused.value.code == "policy.invalid"
    errors = dict(refused.value.errors)
    assert place in errors, errors
    assert says in errors[place]


def test_two_sections_for_one_step_are_refused() -> None:
    section = (
        "  - from: development\n    to: validation\n    requirements:\n      - datasets: {at_least: 1}\n"
    )
    with pytest.raises(Invalid, match="has a section already"):
        parse(f"{HEAD}transitions:\n{section}{section}")


def test_two_sections_for_one_environment_are_refused() -> None:
    section = (
        "  - from: {}\n    to: {}\n    environments: [production]\n"
        "    requirements:\n      - datasets: {{at_least: 1}}\n"
    )
    first, second = section.format("development", "validation"), section.format("validation", "compliance")
    with pytest.raises(Invalid, match="guarded by another section"):
        parse(f"{HEAD}transitions:\n{first}{second}")


def test_votes_cannot_be_asked_of_a_system() -> None:
    text = (
        f"{HEAD}transitions:\n  - subject: system\n    from: data_sourcing\n    to: feature_engineering\n"
        "    requirements:\n      - checks: {all: true}\n"
    )
    with pytest.raises(Invalid, match="cannot be asked of a system"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1]\nb: *x\n",
        "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "a: !!python/object/apply:os.system [id]\n",
        "!!set {a, b}\n",
        "a: 1\na: 2\n",
        "? [a, b]\n: 1\n",
        "[" * 100,
        "[" * 30 + "]" * 30,
        "a: " + "x" * 300_000,
        "\x00",
        "a: \ud800",
        "--- 1\n--- 2\n",
    ],
)
def test_hostile_text_is_refused_and_never_built(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert refused.value.errors[0][0].startswith("line ")


def test_words_stay_words() -> None:
    text = (
        f"{HEAD}transitions:\n  - from: development\n    to: validation\n    environments: [no, 2024-01-01, 1.10, on]\n"
        "    requirements:\n      - datasets: {at_least: 1}\n"
    )
    assert set(parse(text).environments) == {"no", "2024-01-01", "1.10", "on"}
