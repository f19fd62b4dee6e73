"""How the obligations of one framework stand for a system: what page and API list, told by the rule that gates use."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from governance.dossier import gather_system, gather_version
from governance.frameworks import FILES
from governance.frameworks.catalogue import Framework, Obligation, framework
from governance.gates import coverage
from governance.gates.duties import FrameworkFacts, ObligationFacts
from governance.gates.spec import Dossier, State
from governance.models import ObligationDecision
from governance.services import obligations
from registry.actors import Actor
from registry.errors import Invalid
from registry.models import ModelVersion, System
from registry.stages import Role


@dataclass(frozen=True)
class Evidence:
    """One kind of evidence: in words, whether it is there, and the part of a page where it stands."""

    kind: str
    words: str
    there: bool
    link: str


@dataclass(frozen=True)
class Row:
    """One obligation: met, open, stale or later, and why."""

    obligation: Obligation
    state: str
    sentence: str
    start: date | None
    conditional: bool
    owner: Role
    evidence: tuple[Evidence, ...]
    word: ObligationDecision | None
    why_not_sign: str


@dataclass(frozen=True)
class Coverage:
    """A framework as it stands for a system; `settled` is False while only a classification could tell."""

    framework: Framework
    version: ModelVersion | None
    settled: bool
    rows: tuple[Row, ...]
    others: int

    def count(self, state: str) -> int:
        """How many obligations stand so."""
        return sum(row.state == state for row in self.rows)


def of(actor: Actor, system: System, identifier: str, version: ModelVersion | None = None) -> Coverage:
    """The obligations of a framework, told from a version's evidence, or the system's own where it has no version."""
    if identifier not in FILES:
        raise Invalid(
            "There is no such framework.", errors=[("framework", f"one of {', '.join(sorted(FILES))}")]
        )
    version = version or _newest(system)
    gathered = (
        gather_version(version, frameworks=(identifier,))
        if version is not None
        else gather_system(system, frameworks=(identifier,))
    )
    found = next(one for one in gathered.dossier.frameworks if one.id == identifier)
    rows = _rows(actor, system, gathered.dossier, found)
    return Coverage(framework(identifier), version, found.settled, rows, len(found.others))


def _newest(system: System) -> ModelVersion | None:
    rows = ModelVersion.objects.filter(model__system=system).select_related("model__system")
    return rows.order_by("-created_at", "pk").first()


def _rows(actor: Actor, system: System, dossier: Dossier, found: FrameworkFacts) -> tuple[Row, ...]:
    decided = ObligationDecision.objects.filter(system=system, framework=found.id)
    words: dict[str, ObligationDecision] = {}
    for word in decided.select_related("decided_by").order_by("number"):
        words[word.obligation] = word
    rows = [_row(actor, dossier, found, one, words.get(one.id)) for one in found.obligations]
    order = {State.OPEN.value: 0, State.STALE.value: 1, State.MET.value: 2, "later": 3}
    return tuple(sorted(rows, key=lambda row: order[row.state]))


def _row(
    actor: Actor,
    dossier: Dossier,
    found: FrameworkFacts,
    one: ObligationFacts,
    word: ObligationDecision | None,
) -> Row:
    obligation = framework(found.id).obligation(one.id)
    if obligation is None:
        raise LookupError(one.id)
    how = coverage.standing(dossier, one)
    begun = coverage.begun(dossier, one)
    shown: tuple[tuple[str, Any], ...] = tuple((kind, coverage.EVIDENCE[kind]) for kind in one.evidence)
    return Row(
        obligation=obligation,
        state=how.state.value if begun else "later",
        sentence=how.sentence,
        start=one.applies_from.date() if one.applies_from else None,
        conditional=one.conditional,
        owner=Role.VALIDATOR if one.level == obligations.HUMAN else Role.OWNER,
        evidence=tuple(
            Evidence(kind, how.words, kind in coverage.shown(dossier), how.link) for kind, how in shown
        ),
        word=word,
        why_not_sign=obligations.why_not(actor, dossier, one),
    )
