"""What every kind of demand has in common, where it says nothing else."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Self

import pytest

from governance.gates.requirements.base import Requirement, earliest, fresh, schema, words
from governance.gates.spec import Dossier, Finding, State
from tests.governance.gates import facts


class Silent(Requirement):
    """A demand that says only what it must."""

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        return cls()

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        return ()


def test_a_demand_that_says_nothing_of_it_refuses_nothing_ends_never_and_disturbs_nobody() -> None:
    demand = Silent.of({})
    line = Finding("x", State.OPEN, "No.", "x", "owner")
    assert list(Silent.mistakes({})) == []
    assert (demand.frameworks, demand.holds_until(facts.bare()), demand.disturbs(line)) == ((), None, False)


@pytest.mark.parametrize(("days", "counts"), [(None, True), (10, True), (9, False), (8, False)])
def test_what_is_exactly_as_old_as_the_limit_is_too_old(days: int | None, counts: bool) -> None:
    assert fresh(facts.ago(days=9), days, facts.NOW) is counts


def test_the_first_of_no_moments_is_none() -> None:
    assert earliest([]) is None
    assert earliest([facts.NOW, facts.NOW - timedelta(1)]) == facts.ago(days=1)


def test_a_policy_writes_only_the_keys_that_are_known_and_all_that_are_needed() -> None:
    assert schema({"kind": {"type": "string"}, "days": {"type": "integer"}}, "kind") == {
        "type": "object",
        "properties": {"kind": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["kind"],
        "additionalProperties": False,
        "minProperties": 1,
    }


def test_a_policy_lists_known_words_each_once_and_at_least_one() -> None:
    assert words(("b", "a")) == {
        "type": "array",
        "items": {"enum": ["a", "b"]},
        "minItems": 1,
        "uniqueItems": True,
    }
