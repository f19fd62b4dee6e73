"""Reads the database once and hands back frozen facts."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from governance.dossier import assurance_facts, dates, duties, exceptional, facts, quality, statement
from governance.dossier.columns import moment
from governance.gates.decide import step_to
from governance.gates.policy import parse
from governance.gates.spec import Dossier, Step
from registry.errors import Invalid, NotFound
from registry.ledger.record import Head
from registry.models import ModelVersion, System


@dataclass(frozen=True)
class Gathered:
    """The facts, the text of the policy they are judged by, and the head of the log they were read at."""

    dossier: Dossier
    policy_body: str
    head: Head

    def about(self, step: Step | None, environment: str = "") -> "Gathered":
        """The same facts, asked about a step."""
        return replace(self, dossier=replace(self.dossier, step=step, environment=environment))

    def at_door(self, environment: str) -> "Gathered":
        """The same facts, asked about the step that guards an environment; none where the policy knows none."""
        try:
            policy = parse(self.policy_body) if self.policy_body else None
        except Invalid:
            policy = None  # the decision itself says that the policy cannot be read
        return self.about(step_to(policy, environment), environment)


def gather_version(
    version: ModelVersion, *, now: datetime | None = None, frameworks: Iterable[str] = ()
) -> Gathered:
    """Every fact about a model version, in one query; `version.model.system` must be loaded.

    Without `now` it is the database's own time. Frameworks are gathered that the policy names, and `frameworks`.
    """
    system = version.model.system
    return _gathered(facts.by_kind(statement.of_version(version, system)), now, frameworks)


def gather_system(system: System, *, now: datetime | None = None, frameworks: Iterable[str] = ()) -> Gathered:
    """Every fact about a system itself, in one query."""
    return _gathered(facts.by_kind(statement.of_system(system)), now, frameworks)


def _gathered(
    rows: Mapping[str, list[facts.Row]], now: datetime | None, frameworks: Iterable[str]
) -> Gathered:
    if not rows["system"]:
        raise NotFound("There is no such system.")
    head = _head(rows["log"][0], rows["system"][0])
    policy = next(iter(rows["policy"]), None)
    version = next(iter(rows["version"]), None)
    now = now if now is not None else head.now
    holders = {*map(facts.holder, rows["holder"]), *facts.delegates(rows["delegate"], now)}
    dossier = Dossier(
        now=now,
        environment="",
        step=None,
        system=facts.system(rows["system"][0]),
        version=facts.version(version, rows["committer"]) if version else None,
        policy=facts.policy(policy) if policy else None,
        log=dates.looked_at(facts.log(rows["log"][0]), rows),
        datasets=_sorted(facts.dataset, rows["dataset"]),
        documents=facts.documents(rows["document"]),
        plans=_sorted(assurance_facts.plan, rows["plan"]),
        runs=tuple(sorted(facts.runs(rows["run"], assurance_facts.ordinals(rows["attempt"])), key=_order)),
        requests=_sorted(facts.request, rows["request"]),
        votes=_sorted(facts.vote, rows["vote"]),
        holders=tuple(sorted(holders, key=lambda h: (h.role, h.person, h.principal))),
        reports=_sorted(facts.report, rows["report"]),
        classifications=duties.classifications(rows["classification"]),
        frameworks=duties.frameworks([*_named(policy), *frameworks], rows["classification"]),
        signed=duties.signed(rows["signed"]),
        review=dates.reviewed(rows["review"]),
        conditions=_sorted(facts.condition, rows["condition"]),
        deviations=_sorted(assurance_facts.deviation, rows["deviation"]),
        deviation_votes=_sorted(assurance_facts.deviation_vote, rows["deviation_vote"]),
        reproductions=_sorted(assurance_facts.reproduction, rows["reproduction"]),
        champions=assurance_facts.champions(rows),
        acknowledgements=_sorted(assurance_facts.acknowledgement, rows["acknowledgement"]),
        waivers=exceptional.waivers(rows["waiver"]),
        break_glass=_sorted(exceptional.break_glass_of, rows["break_glass"]),
        issues=_sorted(exceptional.issue_of, rows["issue"]),
        quality=_sorted(quality.run, rows["quality"]),
    )
    return Gathered(dossier, policy[4] if policy else "", head)


def _named(policy: facts.Row | None) -> tuple[str, ...]:
    """The frameworks that the policy asks about; none where it cannot be read, which the decision itself says."""
    try:
        return parse(policy[4]).frameworks if policy else ()
    except Invalid:
        return ()


def _sorted[Fact](read: Callable[[facts.Row], Fact], rows: Iterable[facts.Row]) -> tuple[Fact, ...]:
    """Facts in one order, whatever order the database hands rows out in."""
    return tuple(sorted(map(read, rows), key=_order))


# What tells facts of one kind apart.
_NAMES = ("id", "request", "deviation", "voter", "voted_at", "original", "rerun")


def _order(fact: Any) -> tuple[str, ...]:
    return tuple(str(getattr(fact, name, "")) for name in _NAMES)


def _head(log: facts.Row, system: facts.Row) -> Head:
    origin, size, root, frontier, now, *_ = log
    return Head(
        organisation_id=uuid.UUID(system[1]),
        origin=origin,
        size=int(size),
        root=bytes.fromhex(root),
        frontier=bytes.fromhex(frontier),
        now=moment(now) if now else datetime.now(UTC),  # SQLite: same machine, same clock
    )
