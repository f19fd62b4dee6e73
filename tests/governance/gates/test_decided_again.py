"""The client's own coding of the decision comes to what the server's comes to, whatever the facts."""

import contextlib
import copy
import json
import string
from typing import Any

import pytest
from assay_client.decide import decision as again
from assay_client.decide import facts as read_facts
from assay_client.decide import kinds, of_data, people, policy, subject, text, titles, waivers
from assay_client.decide.canonical import canonical
from assay_client.decide.errors import BadFacts, NotSupported
from hypothesis import assume, example, given
from hypothesis import strategies as st

from audits.quality.bars import KINDS
from governance.gates import codec, decide, lineage
from governance.gates import subject as subjects
from governance.gates.requirements import REQUIREMENTS
from governance.gates.requirements.approvals import VOTING_ROLES
from governance.gates.spec import Dossier
from governance.gates.waiving import NEVER
from governance.gates.yaml_text import load
from registry.errors import Invalid
from registry.ledger import chain
from registry.stages import DOCUMENT_KINDS
from tests.client.deciding import difference
from tests.governance.gates import facts
from tests.governance.gates.test_replay import STORED

BODY = facts.body_with_waivers()
WHOLE: dict[str, Any] = codec.plain(facts.allowing())
DENIED: dict[str, Any] = codec.plain(facts.bare())
# Values that mean something somewhere: states, roles, people, stages.
WORDS = [
    *(
        "passed",
        "failed",
        "insufficient",
        "errored",
        "open",
        "accepted",
        "refused",
        "used",
        "withdrawn",
        "approved",
    ),
    *(
        "approve",
        "reject",
        "request_changes",
        "vera",
        "cora",
        "adam",
        "dev",
        "stew",
        "validator",
        "approver",
        "",
    ),
    *(
        "compliance",
        "production",
        "validation",
        "suspended",
        "development",
        "high",
        "unacceptable",
        "measured",
    ),
    *("reproduced", "in_force", "proposed", "ready", "reviewer", "compliance_officer"),
]


def test_it_knows_every_kind_of_demand_and_all_that_can_be_said_in_it() -> None:
    known = {name: sorted(kind.params[0]) for name, kind in kinds.KINDS.items()}
    assert known == {name: sorted(kind.params["properties"]) for name, kind in REQUIREMENTS.items()}


def test_its_tables_are_those_of_the_server() -> None:
    assert {kind: titles.title(kind) for kind in titles.KINDS} == DOCUMENT_KINDS
    assert {name: bar[1] for name, bar in of_data.BARS.items()} == {
        k: kind.default for k, kind in KINDS.items()
    }
    assert set(people.PARTS) == set(lineage.ROLES_IN_LINEAGE)
    assert set(policy.VOTING_ROLES) == set(VOTING_ROLES)
    assert (subject.FIELDS, subject.ALWAYS) == (subjects.EVERYTHING, subjects.ALWAYS)
    assert set(waivers.NEVER) == set(NEVER)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands that can be changed."""
    if isinstance(value, dict):
        return [found for name, one in value.items() for found in places(one, (*path, name))]
    if isinstance(value, list):
        inside = [found for number, one in enumerate(value) for found in places(one, (*path, number))]
        return [*inside, path]
    return [path]


def changed(dossier: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    """The same facts with a few values replaced, or rows taken away or doubled."""
    made = copy.deepcopy(dossier)
    moments = sorted({v for v in leaves(dossier) if isinstance(v, str) and v.endswith("Z")})
    for _ in range(data.draw(st.integers(1, 4))):
        *path, last = data.draw(st.sampled_from(places(made)))
        inside = made
        for part in path:
            inside = inside[part]
        inside[last] = other(inside[last], moments, data)
    return made


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict | list):
        rows = value.values() if isinstance(value, dict) else value
        return [leaf for one in rows for leaf in leaves(one)]
    return [value]


def other(value: Any, moments: list[str], data: st.DataObject) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return data.draw(st.integers(0, 8))
    if isinstance(value, list):
        return data.draw(st.sampled_from([value[1:], value[:-1], value + value[-1:], value[::-1]]))
    if isinstance(value, str) and value.endswith("Z"):
        return data.draw(st.sampled_from(moments))
    return data.draw(st.sampled_from([*WORDS, value]))


@given(st.sampled_from([WHOLE, DENIED]), st.booleans(), st.data())
def test_it_comes_to_the_same_on_whatever_facts(
    start: dict[str, Any], waived: bool, data: st.DataObject
) -> None:
    if waived:
        covered = facts.covering(facts.allowing(), "checks.Impact ratio by sex", under=BODY)
        start = {**start, "waivers": [codec.plain(covered)]}
    start = {**start, "policy": {**start["policy"], "digest": chain.digest(BODY.encode())}}
    made = changed(start, data)
    assume(made["schema"] == start["schema"])  # another form is not supported
    try:
        dossier = codec.built(Dossier, made)
        outcome = codec.canonical(decide.judge(dossier, BODY)).decode()
    except (ValueError, KeyError, ArithmeticError):
        assume(False)  # the server would not read such facts, or not decide on them
    try:
        assert difference(codec.canonical(dossier).decode(), BODY, outcome) == ""
    except BadFacts:
        # To refuse is always safe; and only what cannot have been gathered is refused.
        untouched = made["policy"] == start["policy"] and made["step"] == start["step"]
        assert (
            not untouched or made["environment"] != start["environment"] or made["system"] != start["system"]
        )


SIMPLE = st.none() | st.booleans() | st.integers() | st.text()


@given(st.recursive(SIMPLE, lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside)))
def test_it_writes_json_as_the_server_does(value: Any) -> None:
    try:
        expected = chain.canonical(value)
    except ValueError:
        with pytest.raises(BadFacts):
            canonical(value)
    else:
        assert canonical(value) == expected


@pytest.mark.parametrize("row", STORED["decisions"], ids=[row["name"] for row in STORED["decisions"]])
def test_it_comes_to_the_same_on_facts_of_the_first_form(row: dict[str, Any]) -> None:
    assert difference(row["dossier"], STORED["policy"] if row["policy"] else "", row["outcome"]) == ""


@given(st.sampled_from([WHOLE, DENIED]), st.data())
def test_facts_of_any_shape_are_judged_or_refused(start: dict[str, Any], data: st.DataObject) -> None:
    """Never a crash: whatever stands where, it is decided, or refused by name."""
    made = copy.deepcopy(start)
    *path, last = data.draw(st.sampled_from(places(made)))
    inside = made
    for part in path:
        inside = inside[part]
    inside[last] = data.draw(
        st.none() | st.integers(-(2**53), 2**53) | st.text(max_size=30) | st.lists(st.text(max_size=5))
    )
    with contextlib.suppress(BadFacts, NotSupported, OverflowError):
        again.judged(again.read(canonical(made)), facts.body().encode())


@given(st.binary(max_size=200))
def test_bytes_that_are_no_facts_are_refused(data: bytes) -> None:
    with pytest.raises((BadFacts, NotSupported)):
        again.read(data)


def test_facts_that_are_not_written_canonically_are_refused() -> None:
    with pytest.raises(BadFacts, match="canonically"):
        again.read(json.dumps(WHOLE).encode())
    with pytest.raises(NotSupported, match="form"):
        read_facts.read(canonical({**WHOLE, "schema": "assay.dossier/3"}))


# Pieces that YAML is made of, so that what is put together from them is often YAML.
PIECES = [
    *(
        "a",
        "b:",
        "- ",
        "-",
        "\n",
        "\n  ",
        "\n    ",
        " ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        ",",
        "'",
        '"',
        "#",
        " # x",
    ),
    *(
        "true",
        "1",
        "-1",
        "0x1",
        "1.5",
        "null",
        "~",
        "no",
        "&a",
        "*a",
        "|",
        ">",
        "!t",
        "?",
        "---",
        "...",
        "\\",
        "é",
    ),
    *(
        "\t",
        "\r",
        "\x85",
        "\u2028",
        "\ufeff",
        "x: y",
        "k: [1, 2]",
        "k: {a: b}",
        "- k: v",
        "%",
        "@",
        "`",
        "/",
        "<<:",
    ),
]
YAML = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@given(YAML | st.text(alphabet=string.printable, max_size=60))
@example("a: b\n  c")
@example("a:\n- b\n- c\nd: {e: [f, 'g''h'], \"i\": -1}")
@example("- - a\n  - b\n- c: d\n  e: f")
def test_a_text_is_read_as_the_server_reads_it_or_not_at_all(body: str) -> None:
    try:
        found = text.load(body)
    except NotSupported:
        return
    assert found == load(body)[0]


@pytest.mark.parametrize("tier", ["minimal", "limited", "high", "unacceptable"])
def test_it_reads_the_policies(tier: str) -> None:
    assert text.load(facts.body(tier)) == load(facts.body(tier))[0]


@given(st.text(max_size=200) | YAML)
def test_no_text_as_a_policy_opens_the_gate(body: str) -> None:
    start = {**WHOLE, "policy": {**WHOLE["policy"], "digest": chain.digest(body.encode("utf-8", "replace"))}}
    with pytest.raises((BadFacts, NotSupported)):
        again.judged(again.read(canonical(start)), body.encode("utf-8", "replace"))


@given(YAML)
def test_whatever_the_server_refuses_the_client_refuses(body: str) -> None:
    try:
        load(body)
    except Invalid:
        with pytest.raises(NotSupported):
            text.load(body)
