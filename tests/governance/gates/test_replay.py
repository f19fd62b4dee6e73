"""A decision made again from its stored facts is the same, byte for byte."""

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest

from governance.gates import codec, spec
from governance.gates.codec import Unreadable
from governance.gates.decide import judge
from governance.gates.spec import Dossier, GateDecision
from tests.governance.gates import facts

STORED = json.loads(
    (Path(__file__).parents[2] / "vectors" / "stored-decisions.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("make", [facts.allowing, facts.bare, lambda: facts.asked(facts.bare())])
def test_it_works(make: Callable[[], Dossier]) -> None:
    dossier = make()
    stored = codec.canonical(dossier)
    outcome = codec.canonical(judge(dossier, facts.body()))
    again = codec.read(Dossier, stored)
    assert again == dossier
    assert codec.canonical(again) == stored
    assert codec.canonical(judge(again, facts.body())) == outcome
    assert codec.canonical(codec.read(GateDecision, outcome)) == outcome


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[]", r"\$ is not an object"),
        ("{", "not JSON"),
        ('{"x": 1}', "unknown field 'x'"),
        ('{"verdict": "allow"}', "lacks the field 'transition'"),
    ],
)
def test_what_does_not_fit_exactly_is_not_read(text: str, place: str) -> None:
    with pytest.raises(Unreadable, match=place):
        codec.read(GateDecision, text)


def test_a_number_is_not_a_truth() -> None:
    stored = codec.plain(facts.bare())
    stored["log"]["size"] = True
    with pytest.raises(Unreadable, match=r"\$\.log\.size is not of type int"):
        codec.built(Dossier, stored)


@pytest.mark.parametrize("row", STORED["decisions"], ids=[row["name"] for row in STORED["decisions"]])
def test_what_the_first_schema_stored_is_decided_again_to_the_byte(row: dict[str, Any]) -> None:
    dossier = codec.read(Dossier, row["dossier"])
    assert codec.canonical(dossier).decode() == row["dossier"]
    body = STORED["policy"] if row["policy"] else ""
    assert codec.canonical(judge(dossier, body)).decode() == row["outcome"]
    assert codec.canonical(codec.read(GateDecision, row["outcome"])).decode() == row["outcome"]


@dataclass(frozen=True)
class Grown:
    """A kind of facts that got a field later."""

    name: str
    level: str = "measured"
    marks: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Grown("a"), '{"name":"a"}'),
        (Grown("a", marks=("x",)), '{"marks":["x"],"name":"a"}'),
        (Grown("a", "uploaded"), '{"level":"uploaded","name":"a"}'),
    ],
)
def test_a_field_added_later_is_written_only_when_it_says_something(value: Grown, text: str) -> None:
    assert codec.canonical(value).decode() == text
    assert codec.read(Grown, text) == value


def test_whoever_reads_sees_every_field() -> None:
    assert codec.whole((Grown("a"),)) == [{"name": "a", "level": "measured", "marks": []}]


def test_the_fields_that_are_always_written_exist() -> None:
    for kind, names in codec.ALWAYS_WRITTEN.items():
        assert names <= {field.name for field in fields(getattr(spec, kind))}
