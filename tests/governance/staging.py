"""Versions on their way, through the real services; only the measuring and the printing are stood in for."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from audits.models import AuditRun, RunState
from audits.services import endings, leases, plans, runs
from governance.gates.policy import parse
from governance.models import ApprovalRequest, Policy, Report, Vote, VoteVerdict
from governance.reports.isolated import RenderedReport
from governance.services import approvals, policies, reports, transitions
from registry.actors import Actor
from registry.models import DatasetVersion, ModelVersion, System, User
from registry.services import people
from registry.stages import RiskTier, Role
from tests.cast import Cast
from tests.make import make_dataset_version, make_document, make_system, make_version

CHECKS = [
    {
        "name": "Accuracy above the majority class",
        "metric": "accuracy_above_majority",
        "comparison": ">",
        "threshold": 0.0,
    },
    {
        "name": "Impact ratio by sex",
        "metric": "favourable_impact_ratio",
        "attribute": "sex",
        "comparison": ">=",
        "threshold": 0.8,
    },
]
DOCUMENTS = (
    "problem_definition",
    "intended_use_statement",
    "dataset_datasheet",
    "feature_documentation",
    "model_card",
)
VOTERS = ("vera", "cora", "adam")


def make_policies(cast: Cast) -> None:
    """Assay's own policies in force."""
    policies.publish_defaults(actor=cast.actor("cora"), organisation=cast.acme)


def put_into_force(cast: Cast, body: str) -> Policy:
    """A policy in force, looser or not: drafted by Paul, who writes policies and nothing else, published by Cora."""
    paul, _ = User.objects.get_or_create(username="paul", defaults={"first_name": "Paul"})
    grant = people.grant_role(
        actor=cast.actor("olga"), organisation=cast.acme, user=paul, role=Role.COMPLIANCE_OFFICER
    )
    drafted = policies.draft(
        actor=Actor.of(paul), organisation=cast.acme, tier=RiskTier(parse(body).tier), body=body
    )
    people.revoke_role(actor=cast.actor("olga"), grant=grant)
    return policies.publish(actor=cast.actor("cora"), policy=drafted)


def ready_system(cast: Cast, tier: RiskTier = RiskTier.HIGH) -> System:
    """A system that has passed G1 to G3, under Assay's own policies."""
    make_policies(cast)
    system = make_system(cast, tier=tier)
    for kind in DOCUMENTS:
        make_document(cast, system, kind)
    make_dataset_version(cast, system)
    for stage in ("data_sourcing", "feature_engineering", "development"):
        system = transitions.request_system(actor=cast.actor("dev"), system=system, to=stage)
    return system


def snapshot_of(system: System) -> DatasetVersion:
    """The system's dataset version."""
    return DatasetVersion.objects.get(dataset__system=system)


def at_validation(cast: Cast, system: System | None = None, version: str = "1") -> ModelVersion:
    """A version that has left development."""
    system = system or ready_system(cast)
    made = make_version(cast, system, version, dataset_versions=[snapshot_of(system)])
    return transitions.request(actor=cast.actor("dev"), version=made, to="validation")


def at_compliance(cast: Cast, system: System | None = None, version: str = "1") -> ModelVersion:
    """A version that was measured and passed."""
    made = at_validation(cast, system, version)
    measure(cast, made)
    return transitions.request(actor=cast.actor("dev"), version=made, to="compliance")


def measure(
    cast: Cast, version: ModelVersion, *, by: str = "vera", seed: int | None = None, **verdicts: str
) -> AuditRun:
    """A run with the seed of its plan, or exploratory with another, that ended with these verdicts; else passed."""
    plan = plans.seal(
        actor=cast.actor(by),
        model_version=version,
        dataset_version=snapshot_of(version.model.system),
        checks=CHECKS,
    )
    run = runs.request(actor=cast.actor(by), plan=plan, seed=seed)
    assert leases.take(str(run.pk)) is not None
    ending = endings.of_outcome(outcome(verdicts))
    assert endings.write(run_id=run.pk, ours=Q(), actor=Actor.system("worker"), ending=ending)
    run.refresh_from_db()
    assert run.state != RunState.RUNNING
    return run


def outcome(verdicts: Mapping[str, str]) -> dict[str, Any]:
    """What the engine would say."""
    return {
        "measurements": [
            {
                "code": "accuracy",
                "slice": {},
                "value": 0.9,
                "reason": None,
                "low": 0.8,
                "high": 0.95,
                "n": 900,
            },
            {
                "code": "favourable_impact_ratio",
                "slice": {"sex": None},
                "value": 0.91,
                "reason": None,
                "low": 0.85,
                "high": 0.97,
                "n": 900,
            },
        ],
        "checks": [
            {
                **check,
                "verdict": verdicts.get(str(check["metric"]), "passed"),
                "sentence": f"{check['name']}: {verdicts.get(str(check['metric']), 'passed')}.",
                "check": {"severity": "blocking"},
            }
            for check in CHECKS
        ],
        "explanation": {"method": "tree_path_dependent", "importance": [], "n": 900, "output": "margin"},
        "explanation_failed": None,
        "settings": {"confidence": 0.95},
        "inputs": {},
        "versions": {},
        "read": {"rows_read": 900},
        "refused": None,
    }


def ask(cast: Cast, version: ModelVersion, *, by: str = "dev", to: str = "production") -> ApprovalRequest:
    """An approval request."""
    return approvals.request(actor=cast.actor(by), version=version, to=to)


def vote(
    cast: Cast, request: ApprovalRequest, by: str, verdict: VoteVerdict = VoteVerdict.APPROVE, **kwargs: Any
) -> Vote:
    """One person's word."""
    return approvals.vote(
        actor=cast.actor(by),
        request=request,
        verdict=verdict,
        **{"subject_digest": request.subject_digest, "comment": "I read it.", **kwargs},
    )


def approve(cast: Cast, version: ModelVersion) -> ApprovalRequest:
    """Asked for, and approved by everybody the policy names."""
    request = ask(cast, version)
    for name in VOTERS:
        vote(cast, request, name)
    return request


def report(cast: Cast, version: ModelVersion) -> Report:
    """A report on the facts as they are, written by the stand-in printer (fixture `printer`)."""
    made = reports.request(actor=cast.actor("vera"), version=version, kind="validation_report")
    reports.render(str(made.pk))
    made.refresh_from_db()
    return made


def allowed(cast: Cast, version: ModelVersion | None = None) -> ModelVersion:
    """A version that the gate lets through."""
    version = version or at_compliance(cast)
    approve(cast, version)
    assert report(cast, version).state == "ready"
    return version


def printed(text: str = "A report") -> RenderedReport:
    """What the printer would hand back."""
    pdf, html, twin = f"%PDF {text}".encode(), b"<html>", f'{{"text": "{text}"}}'.encode()
    first, second, third = (f"sha256:{hashlib.sha256(part).hexdigest()}" for part in (pdf, html, twin))
    return RenderedReport(pdf, html, twin, first, second, third, pages=1)
