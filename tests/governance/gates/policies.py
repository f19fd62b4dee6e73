"""Policies made up from knobs, and dossiers that meet many of them: what rules about policies are tried on."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from governance.gates.spec import Dossier
from tests.governance.gates import facts

KINDS = ("problem_definition", "intended_use_statement", "dataset_datasheet", "model_card")
DAYS = st.sampled_from([None, None, 4, 30, 365])
ROLES = ("validator", "compliance_officer", "approver", "reviewer")
EXCLUDED = ("version_author", "dataset_author", "requester", "run_starter", "system_owner", "document_author")


def text(demands: list[Any], **more: Any) -> str:
    """A policy with these demands at compliance→production. JSON is YAML too."""
    transition = {
        "from": "compliance",
        "to": "production",
        "environments": more.pop("environments", ["production"]),
        "requirements": demands,
    }
    return json.dumps(
        {"schema": "assay.policy/1", "name": "Own", "tier": "high", "transitions": [transition], **more}
    )


def within(params: dict[str, Any], days: int | None) -> dict[str, Any]:
    """With a limit of age, where there is one."""
    return params if days is None else {**params, "within_days": days}


def _bar() -> st.SearchStrategy[dict[str, Any]]:
    metrics = st.sampled_from(["favourable_impact_ratio", "mae_ratio"])
    values = st.sampled_from(["0.7", "0.8", "0.80", "0.9"])
    return st.builds(lambda metric, value: {"metric": metric, "at_least": value}, metrics, values)


@st.composite
def demands(draw: st.DrawFn) -> list[dict[str, Any]]:
    """One to five demands of the kinds a version can meet."""
    subset = st.lists(st.sampled_from(KINDS), min_size=1, unique=True)
    documents = st.builds(lambda kinds, days: {"documents": within({"kinds": kinds}, days)}, subset, DAYS)
    evidence = st.builds(
        lambda kind, days: {"evidence": within({"kind": kind}, days)},
        st.sampled_from(["bias", "performance"]),
        DAYS,
    )
    bars = st.lists(st.lists(_bar(), min_size=1, max_size=2), min_size=1, max_size=2)
    checks = st.builds(
        lambda bars: {"checks": {"all": True, **({"bars": bars} if bars else {})}}, st.none() | bars
    )
    seats = st.lists(
        st.builds(
            lambda role, count: {"role": role, "count": count},
            st.sampled_from(ROLES[:3]),
            st.sampled_from([1, 1, 1, 2]),
        ),
        min_size=1,
        max_size=3,
    )
    excluded = st.lists(st.sampled_from(EXCLUDED), min_size=1, max_size=3, unique=True)
    approvals = st.builds(
        lambda of, exclude, days: {"approvals": within({"of": of, "exclude": exclude}, days)},
        seats,
        excluded,
        DAYS,
    )
    fields = st.lists(st.sampled_from(["code_commit", "parameters", "metrics"]), min_size=1, unique=True)
    others: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
        [{"report": {"kind": "validation_report"}}, {"datasets": {"at_least": 2}}]
    )
    record = st.builds(lambda names: {"training_record": {"fields": names}}, fields)
    return draw(
        st.lists(
            st.one_of(documents, evidence, checks, approvals, record, others),
            min_size=1,
            max_size=5,
        )
    )


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str]:
    """Two policies: the second is the first with some demands taken away, put in or drawn again."""
    before = draw(demands())
    after = list(before)
    for number in reversed(range(len(after))):
        edit = draw(st.sampled_from(["keep", "keep", "keep", "drop", "again"]))
        if edit != "keep":
            after[number : number + 1] = draw(demands())[:1] if edit == "again" else []
    after = draw(st.permutations(after + draw(st.just([]) | demands()))) or before
    environments = st.sampled_from([["production"], ["production"], ["production", "staging"]])
    return text(before, environments=draw(environments)), text(after, environments=draw(environments))


@st.composite
def dossiers(draw: st.DrawFn) -> Dossier:
    """A version that has most of what can be asked for, of different ages."""
    ages = st.sampled_from([1, 1, 10, 100])
    documents = tuple(
        facts.document(
            kind, added_at=facts.ago(days=draw(ages)), author=draw(st.sampled_from(["dev", "vera"]))
        )
        for kind in KINDS
        if draw(st.sampled_from([True, True, True, False]))
    )
    checks = tuple(
        facts.check(metric, metric=metric, threshold=draw(st.sampled_from(["0.75", "0.8", "0.9"])))
        for metric in ("favourable_impact_ratio", "mae_ratio")
        if draw(st.sampled_from([True, True, False]))
    )
    age = draw(ages)
    run = facts.run(
        kinds=draw(st.sampled_from([("bias", "performance"), ("bias", "performance"), ("bias",)])),
        checks=checks,
        finished_at=facts.ago(days=age),
        requested_at=facts.ago(days=age + 1),
        starter=draw(st.sampled_from(["vera", "dev"])),
    )
    plan = replace(facts.bare().plans[0], sealed_at=facts.ago(days=200))
    dossier = facts.asked(replace(facts.bare(), documents=documents, runs=(run,), plans=(plan,)))
    people = {"vera": "validator", "cora": "compliance_officer", "adam": "approver", "val2": "validator"}
    voters = draw(st.sets(st.sampled_from(sorted(people)), min_size=1))
    votes = tuple(
        facts.vote(dossier, voter, people[voter], voted_at=facts.ago(days=draw(ages)))
        for voter in sorted(voters)
    )
    dossier = replace(dossier, votes=votes)
    return facts.reported(dossier) if draw(st.booleans()) else dossier
