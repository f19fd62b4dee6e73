"""Whether one policy is looser than another: the table row by row, and what it promises."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.gates import strictness
from governance.gates.decide import judge
from governance.gates.policy import TOP_LEVEL
from governance.gates.requirements import REQUIREMENTS
from governance.gates.spec import Dossier
from governance.gates.strictness import Direction
from governance.gates.strictness_rules import PARTS, RULES
from registry.stages import RiskTier
from tests.governance.gates import facts, policies

T, L, N = Direction.TIGHTENS, Direction.LOOSENS, Direction.NEUTRAL


def bar(value: Any, metric: str = "favourable_impact_ratio", side: str = "at_least") -> dict[str, Any]:
    return {"metric": metric, side: value}


def checks(*bars: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"checks": {"all": True, "bars": list(bars), **more}}


def approvals(seats: list[dict[str, Any]], *exclude: str, **more: Any) -> dict[str, Any]:
    return {"approvals": {"of": seats, "exclude": list(exclude) or ["requester"], **more}}


def documents(*kinds: str, **more: Any) -> dict[str, Any]:
    return {"documents": {"kinds": list(kinds), **more}}


def duties(**more: Any) -> dict[str, Any]:
    return {"framework": {"id": "gdpr", **more}}


def all_checks(**more: Any) -> dict[str, Any]:
    return {"checks": {"all": True, **more}}


ALL = all_checks()
V, A = {"role": "validator"}, {"role": "approver"}
CHANGES: list[tuple[str, Any, Any, Direction]] = [
    ("a document more", documents("model_card"), documents("model_card", "dpia"), T),
    ("a document fewer", documents("model_card", "dpia"), documents("model_card"), L),
    ("a limit of age", documents("dpia"), documents("dpia", within_days=9), T),
    ("no limit of age", documents("dpia", within_days=9), documents("dpia"), L),
    ("a shorter time", documents("dpia", within_days=9), documents("dpia", within_days=8), T),
    ("a longer time", documents("dpia", within_days=9), documents("dpia", within_days=10), L),
    ("a budget of attempts", ALL, all_checks(attempts=5), T),
    ("more attempts", all_checks(attempts=5), all_checks(attempts=6), L),
    ("data unseen", ALL, all_checks(unseen=True), T),
    ("data seen", all_checks(unseen=True), ALL, L),
    ("one accepts a loosened plan", ALL, all_checks(deviations={"of": [{"role": "validator"}]}), L),
    (
        "the same two accept it",
        ALL,
        all_checks(deviations={"of": [{"role": "compliance_officer"}, {"role": "validator"}]}),
        N,
    ),
    ("no comparison", {"champion": {}}, {"datasets": {"at_least": 1}}, L),
    ("whole documents", documents("dpia"), documents("dpia", complete=True), T),
    ("documents with gaps", documents("dpia", complete=True), documents("dpia", complete=False), L),
    ("gaps said", documents("dpia"), documents("dpia", complete=False), N),
    ("fewer checks of data", {"data_quality": {}}, {"data_quality": {"names": ["rows"]}}, L),
    ("all checks of data", {"data_quality": {"names": ["rows"]}}, {"data_quality": {}}, T),
    ("older profiles", {"data_quality": {"within_days": 9}}, {"data_quality": {}}, L),
    (
        "a looser bar",
        {"data_quality": {}},
        {"data_quality": {"bars": {"missing_share": "0.2"}}},
        L,
    ),
    (
        "a stricter bar",
        {"data_quality": {}},
        {"data_quality": {"bars": {"missing_share": "0.05", "group_rows": 50}}},
        T,
    ),
    ("the default bar said", {"data_quality": {}}, {"data_quality": {"bars": {"rows": 100}}}, N),
    ("more is a stand-in", {"proxy_review": {"above": "0.3"}}, {"proxy_review": {"above": "0.2"}}, T),
    ("less is a stand-in", {"proxy_review": {"above": "0.3"}}, {"proxy_review": {"above": "0.4"}}, L),
    ("more data", {"datasets": {"at_least": 1}}, {"datasets": {"at_least": 2}}, T),
    ("less data", {"datasets": {"at_least": 2}}, {"datasets": {"at_least": 1}}, L),
    (
        "a field more",
        {"training_record": {"fields": ["metrics"]}},
        {"training_record": {"fields": ["parameters", "metrics"]}},
        T,
    ),
    (
        "another field",
        {"training_record": {"fields": ["metrics"]}},
        {"training_record": {"fields": ["parameters"]}},
        L,
    ),
    (
        "a higher level",
        {"evidence": {"kind": "bias", "level": "attested"}},
        {"evidence": {"kind": "bias"}},
        T,
    ),
    ("a lower level", {"evidence": {"kind": "bias"}}, {"evidence": {"kind": "bias", "level": "uploaded"}}, L),
    (
        "the level said",
        {"evidence": {"kind": "bias"}},
        {"evidence": {"kind": "bias", "level": "measured"}},
        N,
    ),
    ("other evidence", {"evidence": {"kind": "bias"}}, {"evidence": {"kind": "performance"}}, L),
    ("answers of any age", {"classification": {"within_days": 9}}, {"classification": {}}, L),
    ("answers no older", {"classification": {}}, {"classification": {"within_days": 9}}, T),
    ("all duties", duties(items=["gdpr:art-5"]), duties(), T),
    ("some duties", duties(), duties(items=["gdpr:art-5"]), L),
    ("a duty more", duties(items=["gdpr:a"]), duties(items=["gdpr:a", "gdpr:b"]), T),
    ("a duty fewer", duties(items=["gdpr:a", "gdpr:b"]), duties(items=["gdpr:a"]), L),
    ("no word of people", duties(), duties(levels=["computed", "presence"]), L),
    ("every level named", duties(levels=["computed", "human", "presence"]), duties(), N),
    ("another framework", duties(), {"framework": {"id": "iso-42001"}}, L),
    ("a bar", {"checks": {"all": True}}, checks([bar("0.8")]), T),
    ("no bar", checks([bar("0.8")]), {"checks": {"all": True}}, L),
    ("a higher bar", checks([bar("0.8")]), checks([bar("0.85")]), T),
    ("a lower bar", checks([bar("0.8")]), checks([bar("0.79")]), L),
    ("the bar written otherwise", checks([bar("0.8")]), checks([bar("0.80")]), N),
    ("a limit raised", checks([bar("0.1", side="at_most")]), checks([bar("0.2", side="at_most")]), L),
    ("a limit lowered", checks([bar("0.1", side="at_most")]), checks([bar("0.05", side="at_most")]), T),
    ("the other side", checks([bar("0.1")]), checks([bar("0.1", side="at_most")]), L),
    ("a choice more", checks([bar("0.8")]), checks([bar("0.8"), bar("0.8", "mae_ratio")]), L),
    ("a choice fewer", checks([bar("0.8"), bar("0.8", "mae_ratio")]), checks([bar("0.8")]), T),
    ("a list more", checks([bar("0.8")]), checks([bar("0.8")], [bar("0.8", "mae_ratio")]), T),
    (
        "lists become choices",
        checks([bar("0.8")], [bar("0.8", "mae_ratio")]),
        checks([bar("0.8"), bar("0.8", "mae_ratio")]),
        L,
    ),
    ("a name more", checks([bar("0.8")]), checks([bar("0.8")], names=["x"]), T),
    ("a name fewer", checks([bar("0.8")], names=["x"]), checks([bar("0.8")]), L),
    ("a seat more", approvals([V]), approvals([V, A]), T),
    ("a seat fewer", approvals([V, A]), approvals([V]), L),
    ("two of a role", approvals([V]), approvals([{**V, "count": 2}]), T),
    ("one of a role", approvals([{**V, "count": 2}]), approvals([V]), L),
    ("a seat given twice", approvals([{**V, "count": 2}]), approvals([V, V]), N),
    ("signing less", approvals([V]), approvals([{**V, "signs": ["evidence"]}]), L),
    ("signing everything", approvals([{**V, "signs": ["evidence"]}]), approvals([V]), L),
    (
        "signing more",
        approvals([{**V, "signs": ["evidence"]}]),
        approvals([{**V, "signs": ["evidence", "datasets"]}]),
        L,
    ),
    (
        "the same signed, in another order",
        approvals([{**V, "signs": ["evidence", "datasets"]}]),
        approvals([{**V, "signs": ["datasets", "evidence"]}]),
        N,
    ),
    ("a seat more that signs less", approvals([V]), approvals([V, {**A, "signs": ["evidence"]}]), L),
    ("in turns", approvals([V, A]), approvals([V, {**A, "order": 2}]), T),
    ("no turns", approvals([V, {**A, "order": 2}]), approvals([V, A]), L),
    (
        "turns the other way",
        approvals([V, {**A, "order": 2}]),
        approvals([{**V, "order": 3}, {**A, "order": 2}]),
        L,
    ),
    ("requests that expire", approvals([V]), approvals([V], request_days=7), T),
    ("requests that never expire", approvals([V], request_days=7), approvals([V]), L),
    ("no open condition", {"conditions": {"none": "lapsed"}}, {"conditions": {"none": "open"}}, T),
    ("open conditions", {"conditions": {"none": "open"}}, {"conditions": {"none": "lapsed"}}, L),
    ("another role", approvals([V]), approvals([A]), L),
    ("one more excluded", approvals([V], "requester"), approvals([V], "requester", "version_author"), T),
    ("one fewer excluded", approvals([V], "requester", "version_author"), approvals([V], "requester"), L),
    ("votes that live longer", approvals([V], within_days=9), approvals([V], within_days=90), L),
]


def rows(before: str | None, after: str) -> tuple[strictness.Row, ...]:
    return strictness.compare(before, after)


@pytest.mark.parametrize(
    ("before", "after", "direction"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES]
)
def test_it_knows_which_way_a_change_goes(before: Any, after: Any, direction: Direction) -> None:
    found = rows(policies.text([before]), policies.text([after]))
    assert strictness.loosens(found) == (direction is L)
    if direction is not L:
        assert {row.direction for row in found} == {direction}


def test_the_same_policy_has_no_rows() -> None:
    for tier in RiskTier.values:
        assert rows(facts.body(tier), facts.body(tier)) == ()
        assert rows(facts.body(tier), facts.body(tier) + "\n# a comment\n") == ()


def test_it_names_the_place_and_both_sides() -> None:
    [row] = rows(facts.body(), facts.body().replace("[{role: validator}, ", "[", 1))
    assert row.place == "compliance→production, approvals, of"
    assert row.before == "1 × validator, 1 × compliance officer, 1 × business approver"
    assert row.after == "1 × compliance officer, 1 × business approver"
    assert row.direction is L


def test_demands_split_otherwise_are_the_same_demand() -> None:
    one, two = documents("model_card", "dpia"), [documents("dpia"), documents("model_card")]
    assert rows(policies.text([one]), policies.text(two)) == ()
    assert rows(policies.text(two), policies.text([one])) == ()


def test_of_two_alike_the_stricter_one_stands_for_both() -> None:
    lax, strict = documents("dpia", within_days=90), documents("dpia", within_days=9)
    assert not strictness.loosens(rows(policies.text([lax, strict]), policies.text([strict])))
    assert strictness.loosens(rows(policies.text([lax, strict]), policies.text([lax])))


def test_what_another_demand_asked_for_already_is_nothing_new() -> None:
    lax, strict = documents("dpia", within_days=90), documents("dpia", within_days=9)
    for before, after in (([lax, strict], [strict]), ([strict], [lax, strict]), ([strict], [strict, strict])):
        assert {row.direction for row in rows(policies.text(before), policies.text(after))} == {N}
    [row] = rows(policies.text([lax]), policies.text([lax, strict]))
    assert row.direction is T


SECTION = {"from": "validation", "to": "compliance", "requirements": [documents("dpia")]}


def with_sections(*sections: Any, **more: Any) -> str:
    return json.dumps(
        {"schema": "assay.policy/1", "name": "X", "tier": "high", "transitions": list(sections), **more}
    )


OTHER = {"from": "compliance", "to": "production", "requirements": [documents("dpia")]}
OPEN = {**SECTION, "environments": ["staging"]}
PROHIBITED = json.dumps({"schema": "assay.policy/1", "name": "X", "tier": "high", "prohibited": "No."})


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [
        (with_sections(SECTION, OTHER), with_sections(SECTION), L),
        (with_sections(SECTION), with_sections(SECTION, OTHER), L),
        (with_sections(SECTION), with_sections(OPEN), L),
        (with_sections(OPEN), with_sections(SECTION), L),
        (with_sections(OPEN, OTHER), with_sections(SECTION, {**OTHER, "environments": ["staging"]}), L),
        (with_sections(SECTION), PROHIBITED, T),
        (PROHIBITED, with_sections(SECTION), L),
        (PROHIBITED, PROHIBITED.replace("No.", "Not here."), Direction.REWORDS),
        (PROHIBITED, PROHIBITED.replace('"X"', '"Y"'), Direction.REWORDS),
        (PROHIBITED, PROHIBITED.replace("high", "minimal"), L),
    ],
)
def test_steps_environments_and_prohibitions(before: str, after: str, direction: Direction) -> None:
    found = rows(before, after)
    assert strictness.loosens(found) == (direction is L)
    assert direction in {row.direction for row in found}


def test_the_same_steps_in_another_order_are_the_same() -> None:
    assert rows(with_sections(SECTION, OTHER), with_sections(OTHER, SECTION)) == ()


@pytest.mark.parametrize("before", [None, "", "a: [", "schema: assay.policy/0\n"])
def test_a_first_policy_loosens_because_a_tier_without_one_is_closed(before: str | None) -> None:
    assert strictness.loosens(rows(before, facts.body()))


def test_a_text_that_is_no_policy_closes_everything() -> None:
    assert not strictness.loosens(rows(facts.body(), "a: ["))
    assert not judge(facts.allowing(), "a: [").allows


def test_to_sign_more_may_let_through_what_a_rejection_held() -> None:
    """A rejection stands while what its role signs is the same; signing everything, any change makes it stale."""
    part, everything = approvals([{**V, "signs": ["evidence"]}]), approvals([V])
    dossier = facts.asked(facts.bare())
    against = facts.vote(dossier, "val2", "validator", verdict="reject", voted_at=facts.ago(days=3))
    other = facts.document("intended_use_statement", number=2, digest=facts.digest("another use"))
    rest = [document for document in dossier.documents if document.kind != other.kind]
    dossier = facts.asked(replace(dossier, votes=(against,), documents=(*rest, other)), id="request-2")
    dossier = facts.voted(dossier, vera="validator")
    assert not judge(dossier, policies.text([part])).allows
    assert judge(dossier, policies.text([everything])).allows
    assert strictness.loosens(rows(policies.text([part]), policies.text([everything])))


@given(policies.pairs(), policies.dossiers())
@settings(max_examples=200, deadline=None)
def test_what_does_not_loosen_lets_nothing_through_that_was_held(
    pair: tuple[str, str], dossier: Dossier
) -> None:
    before, after = pair
    if judge(dossier, after).allows and not judge(dossier, before).allows:
        assert strictness.loosens(rows(before, after))


@given(policies.demands(), policies.demands(), st.data())
@settings(max_examples=50, deadline=None)
def test_to_ask_for_more_never_loosens(demands: list[Any], more: list[Any], data: Any) -> None:
    both = data.draw(st.permutations([*demands, *more]))
    found = rows(policies.text(demands), policies.text(both))
    assert not strictness.loosens(found)
    back = rows(policies.text(both), policies.text(demands))
    assert strictness.loosens(back) == any(row.direction is T for row in found)


@given(policies.pairs())
@settings(max_examples=50, deadline=None)
def test_what_loosens_neither_way_is_equal(pair: tuple[str, str]) -> None:
    there, back = rows(*pair), rows(*reversed(pair))
    if not strictness.loosens(there) and not strictness.loosens(back):
        assert {row.direction for row in there} <= {N, Direction.REWORDS}


def test_a_kind_without_a_rule_may_not_change_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("documents", "approvals"):
        monkeypatch.delitem(RULES, kind)
    before = [documents("dpia"), approvals([V])]
    assert rows(policies.text(before), policies.text(before)) == ()
    for after in ([documents("dpia", "fria"), before[1]], [before[0], approvals([V, A])]):
        assert strictness.loosens(rows(policies.text(before), policies.text(after)))


def test_every_kind_and_every_word_of_it_has_a_rule() -> None:
    """Without one, every change counts as looser. Add the row to governance/gates/strictness_rules.py: RULES."""
    missing = {
        f"{kind}.{word}"
        for kind, demand in REQUIREMENTS.items()
        for word in demand.params["properties"]
        if kind not in RULES or word not in {*RULES[kind].same, RULES[kind].each, *RULES[kind].params}
    }
    assert missing == set()


def test_every_part_beside_the_steps_has_a_rule() -> None:
    """Without one, every change counts as looser. Add the row to governance/gates/strictness_rules.py: PARTS."""
    assert set(TOP_LEVEL) == set(PARTS)
