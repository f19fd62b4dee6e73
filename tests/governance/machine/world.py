"""The real services, driven by the named cast on one version that waits at compliance; what they did, in the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.db.models import Q

from audits.services import endings, leases, plans, runs
from governance.models import ApprovalRequest, Delegation, Vote, VoteVerdict
from governance.services import approvals, decisions, delegations, policies, transitions
from registry.actors import Actor
from registry.errors import AssayError, NotFound
from registry.models import LedgerEntry, ModelVersion, RoleGrant, User
from registry.services import people
from registry.stages import RiskTier, Role
from tests.cast import Cast, grant, make_cast
from tests.governance import staging
from tests.governance.machine.reference import EDITIONS, SEATS
from tests.make import make_dataset_version, make_document, make_system, make_version

HEAD = ("schema: assay.policy/1", "tier: high")
CHECKED = "- checks: {all: true}"
SYSTEM_STEPS = (
    ("problem_definition", "data_sourcing"),
    ("data_sourcing", "feature_engineering"),
    ("feature_engineering", "development"),
)
VERSION_STEPS = (("development", "validation"), ("validation", "compliance"))


def policy_text(edition: str, number: int) -> str:
    """A policy whose last gate asks three people and for checks that passed; every number is another text."""
    lines = [*HEAD, f"name: Machine {number}", "transitions:", *early_steps()]
    for origin in ("compliance", "suspended"):
        lines += [f"  - from: {origin}", "    to: production"]
        lines += ["    environments: [production]"] if origin == "compliance" else []
        lines += ["    requirements:", f"      {CHECKED}", "      - approvals:", "          of:"]
        lines += [f"            - {seat(edition, role)}" for role in SEATS]
        lines += [
            "          exclude: [version_author, dataset_author, requester]",
            "          within_days: 30",
        ]
    return "\n".join(lines) + "\n"


def early_steps() -> list[str]:
    """What is asked for before the last gate."""
    lines = []
    for subject, steps in (("system", SYSTEM_STEPS), ("model_version", VERSION_STEPS)):
        for origin, to in steps:
            lines += [f"  - subject: {subject}", f"    from: {origin}", f"    to: {to}", "    requirements:"]
            lines += ["      - documents: {kinds: [problem_definition]}"]
    return lines


def seat(edition: str, role: str) -> str:
    """One seat as a policy writes it."""
    order, ignored = EDITIONS[edition].order, EDITIONS[edition].approver_ignores
    parts = [f"role: {role}"] + ([f"order: {order[role]}"] if order else [])
    if role == "approver" and ignored:
        signed = {"artifact", "datasets", "features", "waivers", "evidence", "intended_use"} - set(ignored)
        parts.append(f"signs: [{', '.join(sorted(signed))}]")
    return "{" + ", ".join(parts) + "}"


class World:
    """Acme with one version at compliance, a clock that only the machine moves, and the log."""

    def __init__(self, start: datetime, *, frozen: bool = True) -> None:
        self.now, self.frozen = start, frozen
        with self.clock():
            self.cast: Cast = make_cast()
            # Publishing takes two people where it loosens anything.
            grant(self.cast, "rita", Role.COMPLIANCE_OFFICER)
            self.publish("plain", 1)
            system = make_system(self.cast, tier=RiskTier.HIGH)
            for kind in ("problem_definition", "intended_use_statement"):
                make_document(self.cast, system, kind)
            make_dataset_version(self.cast, system)
            for _, to in SYSTEM_STEPS:
                system = transitions.request_system(actor=self.actor("dev"), system=system, to=to)
            self.system = system
            version = make_version(self.cast, system, dataset_versions=[staging.snapshot_of(system)])
            for _, to in VERSION_STEPS:
                version = transitions.request(actor=self.actor("dev"), version=version, to=to)
            self.version: ModelVersion = version
            self.plan = plans.seal(
                actor=self.actor("vera"),
                model_version=version,
                dataset_version=staging.snapshot_of(system),
                checks=staging.CHECKS,
            )
            self.measure(self.plan.seed, well=True)

    @contextmanager
    def clock(self) -> Iterator[None]:
        """Every act takes a second, at a moment of the machine's own."""
        if not self.frozen:
            yield
            return
        self.now += timedelta(seconds=1)
        with time_machine.travel(self.now, tick=False):
            yield

    def actor(self, name: str) -> Actor:
        """As the person is now."""
        return Actor.of(User.objects.get(pk=getattr(self.cast, name).pk))

    def told(self, *events: str) -> int:
        """How often one of these events stands in the log."""
        return LedgerEntry.objects.filter(event__in=events).count()

    # --- facts -----------------------------------------------------------------------------------------------------
    def publish(self, edition: str, number: int) -> None:
        draft = policies.draft(
            actor=self.actor("cora"),
            organisation=self.cast.acme,
            tier=RiskTier.HIGH,
            body=policy_text(edition, number),
        )
        policies.publish(actor=self.actor("rita"), policy=draft)

    def describe(self, number: int) -> None:
        make_document(self.cast, self.system, "intended_use_statement", content={"text": f"Use {number}."})

    def measure(self, seed: int, well: bool) -> None:
        """A run of the sealed plan; with another seed than the sealed one it only tries."""
        run = runs.request(actor=self.actor("dev"), plan=self.plan, seed=seed)
        assert leases.take(str(run.pk)) is not None
        verdicts = {} if well else {"favourable_impact_ratio": "failed"}
        ending = endings.of_outcome(staging.outcome(verdicts))
        assert endings.write(run_id=run.pk, ours=Q(), actor=Actor.system("worker"), ending=ending)

    # --- people ----------------------------------------------------------------------------------------------------
    def give(self, name: str, role: str) -> None:
        people.grant_role(
            actor=self.actor("olga"),
            organisation=self.cast.acme,
            user=getattr(self.cast, name),
            role=Role(role),
        )

    def take(self, name: str, role: str) -> None:
        held = RoleGrant.objects.filter(
            membership__user=getattr(self.cast, name), membership__organisation=self.cast.acme, role=role
        ).first()
        if held is None:
            raise NotFound("There is no such grant.")
        people.revoke_role(actor=self.actor("olga"), grant=held)

    def lend(self, delegator: str, delegate: str, role: str, days: int) -> Delegation:
        return delegations.give(
            actor=self.actor(delegator),
            organisation=self.cast.acme,
            delegate=getattr(self.cast, delegate),
            role=Role(role),
            starts_on=self.now.date(),
            ends_on=self.now.date() + timedelta(days=days),
            reason="Away.",
        )

    def take_back(self, delegation: Delegation) -> None:
        delegations.revoke(actor=Actor.of(delegation.delegator), delegation=delegation)

    # --- decisions -------------------------------------------------------------------------------------------------
    def ask(self, name: str) -> ApprovalRequest:
        version = ModelVersion.objects.get(pk=self.version.pk)
        return approvals.request(actor=self.actor(name), version=version, to="production")

    def vote(
        self,
        name: str,
        request: ApprovalRequest,
        verdict: str,
        role: str,
        delegation: Delegation | None = None,
        digest: str | None = None,
    ) -> Vote:
        return approvals.vote(
            actor=self.actor(name),
            request=ApprovalRequest.objects.get(pk=request.pk),
            verdict=VoteVerdict(verdict),
            role=Role(role),
            delegation=delegation,
            comment="Because.",
            subject_digest=digest or request.subject_digest,
        )

    def gate(self) -> bool:
        """Whether the door to production is open, as a pipeline is told."""
        answer = decisions.ask(
            actor=self.actor("ci"), artifact_digest=self.version.artifact.digest, environment="production"
        )
        return answer.decided.allows

    def move(self, name: str, to: str) -> None:
        version = ModelVersion.objects.get(pk=self.version.pk)
        self.version = transitions.request(actor=self.actor(name), version=version, to=to, reason="Because.")


def refused(call: Any) -> AssayError | None:
    """The refusal, or None when it was done."""
    try:
        call()
    except AssayError as error:
        return error
    return None
