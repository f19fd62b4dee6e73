"""A policy that is not one is refused with the line, the path and what is allowed there."""

import pytest
from jsonschema import Draft202012Validator

from governance.gates import policy as rules
from governance.gates.policy import Part, parse
from governance.gates.requirements import REQUIREMENTS
from governance.gates.yaml_text import load
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


# Kinds that can be asked for and are not yet asked for by Assay's own policies.
NOT_YET = {"champion", "classification", "conditions", "framework", "issues", "ledger", "review"} | {
    "data_quality",
    "schema_locked",
    "features_documented",
    "proxy_review",
}


def test_every_kind_of_demand_is_used_by_a_policy_that_comes_with_assay() -> None:
    used = {
        r.name for tier in RiskTier.values for s in parse(facts.body(tier)).sections for r in s.requirements
    }
    assert set(REQUIREMENTS) - used <= NOT_YET


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("", "line 1", "empty"),
        ("a: [", "line 1", "cannot be read"),
        (f"{HEAD}extra: 1\n", "line 4, extra", "Allowed: break_glass, name, prohibited, "),
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
            "Allowed: approvals, champion, checks",
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
            f"{STEP}      - evidence: {{kind: bias, level: proven}}\n",
            "line 8, transitions[0].requirements[0].evidence.level",
            "Allowed: attested, uploaded, measured, reproduced",
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
        # written otherwise than YAML, or than a policy
        (f"{HEAD}prohibited: x\nprohibited: y\n", "line 5", "The key “prohibited” is there twice"),
        (f"{HEAD}prohibited: &a x\n", "line 4", "Anchors and aliases"),
        (f"{HEAD}prohibited: *a\n", "line 4", "Anchors and aliases"),
        (f"{HEAD}prohibited: !!str x\n", "line 4", "Tags such as tag:yaml.org,2002:str"),
        (f"{HEAD}\ttransitions: []\n", "line 4", "'\\t' that cannot start any token"),
        (f"{HEAD}prohibited: a\x00b\n", "line 4", "no text stands here, such as NUL"),
        (f"{HEAD}<<: {{prohibited: x}}\n", "line 4, <<", "'<<' is not known here"),
        ("- a\n- b\n", "line 1", "Allowed: a list of keys with values"),
        ("just words\n", "line 1", "Allowed: a list of keys with values"),
        (HEAD.replace("/1", "/2") + "prohibited: x\n", "line 1, schema", "Allowed: assay.policy/1"),
        (HEAD.replace("X", "[a]") + "prohibited: x\n", "line 2, name", "Allowed: a text"),
        (HEAD.replace("X", "''") + "prohibited: x\n", "line 2, name", "The text is empty"),
        (f"{HEAD}prohibited: {'x' * 501}\n", "line 4, prohibited", "longer than 500 characters"),
        (f"{HEAD}transitions: {{a: 1}}\n", "line 4, transitions", "Allowed: a list"),
        (
            f"{STEP}      - documents: {{kinds: [dpia, dpia]}}\n",
            "line 8, transitions[0].requirements[0].documents.kinds",
            "names something twice",
        ),
        (
            f"{STEP}      - documents: {{kinds: [dpia], within_days: {'9' * 30}}}\n",
            "line 8, transitions[0].requirements[0].documents.within_days",
            f"'{'9' * 30}' is not what belongs here. Allowed: a whole number",
        ),
        (
            f"{STEP}      - documents: {{kinds: [dpia], within_days: {'9' * 18}}}\n",
            "line 8, transitions[0].requirements[0].documents.within_days",
            "more than the maximum of 3660",
        ),
        (
            f"{STEP}      - documents: {{kinds: [dpia], within_days: 1e3}}\n",
            "line 8, transitions[0].requirements[0].documents.within_days",
            "'1e3' is not what belongs here",
        ),
        (
            f"{STEP}      - documents: {{kinds: [dpia], within_days: true}}\n",
            "line 8, transitions[0].requirements[0].documents.within_days",
            "True is not what belongs here",
        ),
        (
            f"{STEP}      - datasets: {{at_least: 1}}\n    environments: [pro duction]\n",
            "line 9, transitions[0].environments[0]",
            "'pro duction' is not written as it must be",
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


def test_a_part_beside_the_steps_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    part = Part({"type": "integer", "minimum": 1}, lambda days: days * 24, absent=0)
    monkeypatch.setitem(rules.TOP_LEVEL, "rest", part)
    rules._validator.cache_clear()
    text = f"{STEP}      - datasets: {{at_least: 1}}\n"
    try:
        assert parse(f"{text}rest: 2\n").part("rest") == 48
        assert parse(f"{text}# without\n").part("rest") == 0
        with pytest.raises(Invalid, match="line 9, rest: 0 is less than the minimum of 1"):
            parse(f"{text}rest: 0\n")
    finally:
        rules._validator.cache_clear()
        parse.cache_clear()


def test_every_mistake_is_named_and_none_is_long() -> None:
    text = f"{HEAD}prohibited: x\n" + "".join(f"key{number}: {'x' * 900}\n" for number in range(200))
    with pytest.raises(Invalid, match="The policy has 200 mistakes") as refused:
        parse(text)
    assert len(refused.value.errors) == rules.MAX_TOLD
    assert refused.value.errors[0][0] == "line 5, key0"
    longest = f"{HEAD}transitions: [{', '.join(['x' * 900] * 20)}]\n"
    with pytest.raises(Invalid) as refused:
        parse(longest)
    assert all(len(says) < 300 for _, says in refused.value.errors)


@pytest.mark.parametrize(
    "text", ["a: " * 80_000, "{" * 250_000, "- " * 100_000, "'" * 250_000, "? " * 100_000]
)
def test_a_bomb_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse(text)


def test_the_schema_is_a_schema_and_knows_assays_own_policies() -> None:
    schema = rules.json_schema()
    Draft202012Validator.check_schema(schema)
    for tier in RiskTier.values:
        Draft202012Validator(schema).validate(load(facts.body(tier))[0])
