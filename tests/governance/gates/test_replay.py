"""A decision made again from its stored facts is the same, byte for byte."""

from collections.abc import Callable

import pytest

from governance.gates import codec
from governance.gates.codec import Unreadable
from governance.gates.decide import judge
from governance.gates.spec import Dossier, GateDecision
from tests.governance.gates import facts


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
