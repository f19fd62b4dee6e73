"""Stored decisions decided again from what was stored with them: the same to the byte, or the first that is not."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from governance.gates import codec
from governance.gates.decide import judge
from governance.gates.spec import Dossier
from governance.models import Decision
from registry.ledger import chain


@dataclass(frozen=True)
class Difference:
    """A decision that does not come out as it was stored, and the first thing that is different."""

    decision: Decision
    what: str


def differences(decisions: Iterable[Decision]) -> Iterator[Difference]:
    """Every decision that does not come out as it was stored."""
    for decision in decisions:
        if what := difference(decision):
            yield Difference(decision, what)


def difference(decision: Decision) -> str:
    """What is different when a stored decision is decided again; empty when nothing is."""
    if chain.digest(decision.dossier.encode()) != decision.dossier_digest:
        return "The stored facts no longer have the digest they were recorded with."
    try:
        dossier = codec.read(Dossier, decision.dossier)
    except codec.Unreadable as error:
        return f"The stored facts cannot be read: {error}"
    policy = dossier.policy
    # A policy that was altered before it was decided under says so in the facts, and denied.
    if policy and policy.intact != (chain.digest(decision.policy_body.encode()) == policy.digest):
        return "The stored policy no longer has the digest it was published with."
    again = codec.canonical(judge(dossier, decision.policy_body)).decode()
    if again == decision.outcome:
        return ""
    return _first(json.loads(decision.outcome), json.loads(again), "$") or "The bytes are written otherwise."


def _first(was: Any, now: Any, place: str) -> str:
    """The first place at which two JSON values differ, in words."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in sorted({*was, *now}):
            if key not in was or key not in now:
                return f"{place}.{key} is {'new' if key in now else 'gone'}."
            if found := _first(was[key], now[key], f"{place}.{key}"):
                return found
        return ""
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        pairs = enumerate(zip(was, now, strict=True))
        return next((found for i, (a, b) in pairs if (found := _first(a, b, f"{place}[{i}]"))), "")
    return "" if was == now else f"{place} was {_short(was)} and is {_short(now)}."


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:120]}…"
