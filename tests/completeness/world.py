"""One object of each kind in Acme, and one person in each role of Acme and of another organisation."""

import io
import json
import uuid
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from django.db.models import Q
from django.test import Client
from django.utils import timezone

from audits.models import AuditRun, CheckPlan, DataQualityRun, Deviation
from audits.services import endings, leases, plans, quality
from governance.models import (
    ApprovalRequest,
    BackTest,
    BreakGlass,
    Classification,
    Condition,
    Decision,
    Delegation,
    Issue,
    IssueKind,
    Policy,
    Report,
    ReportState,
    Severity,
    Vote,
    VoteVerdict,
    Waiver,
)
from governance.services import (
    approvals,
    backtests,
    break_glass,
    classifications,
    decisions,
    issues,
    policies,
    reports,
    waivers,
)
from registry import blobs
from registry.actors import Actor
from registry.models import (
    ApiToken,
    Dataset,
    DatasetVersion,
    Membership,
    Model,
    ModelVersion,
    Organisation,
    Reopening,
    RoleGrant,
    System,
    User,
    WorkloadIdentity,
)
from registry.services import identities, people, tokens
from registry.services.identities import Binding
from registry.stages import Role, VersionStage
from tests.cast import ROLES, Cast
from tests.governance import staging
from tests.governance.classification.answering import harmless, sent
from tests.make import make_dataset_version, make_system, make_version

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class World:
    """What the addresses of the routes can name: a parameter `thing_id` is the key of `world.thing`."""

    def __init__(self, cast: Cast, files: Path) -> None:
        self.cast, self.files = cast, files
        self._clients: dict[uuid.UUID, Client] = {}
        for name, value in vars(World).items():
            if isinstance(value, cached_property):
                getattr(self, name)
        for user in (*self.own.values(), *self.strangers.values(), cast.root):
            self._clients[user.pk] = Client()
            self._clients[user.pk].force_login(user, backend=BACKEND)

    def key(self, parameter: str) -> str:
        """What stands for a parameter of an address."""
        value: Any = getattr(self, parameter.removesuffix("_id"))
        return str(getattr(value, "pk", value))

    @cached_property
    def reopening(self) -> Reopening:
        return Reopening.objects.create(
            organisation=self.cast.acme, reason="Why.", proposed_by=self.cast.olga
        )

    @cached_property
    def system(self) -> System:
        return make_system(self.cast)

    @cached_property
    def snapshot(self) -> DatasetVersion:
        return make_dataset_version(self.cast, self.system)

    @cached_property
    def dataset(self) -> Dataset:
        return self.snapshot.dataset

    @cached_property
    def version(self) -> ModelVersion:
        return make_version(self.cast, self.system, dataset_versions=[self.snapshot])

    @cached_property
    def model(self) -> Model:
        return self.version.model

    @cached_property
    def policy(self) -> Policy:
        policies.publish_defaults(actor=self.cast.actor("cora"), organisation=self.cast.acme)
        return Policy.objects.get(organisation=self.cast.acme, tier="high")

    @cached_property
    def backtest(self) -> BackTest:
        return backtests.request(actor=self.cast.actor("cora"), policy=self.policy)

    @cached_property
    def request(self) -> ApprovalRequest:
        self.policy.refresh_from_db()  # there must be one
        return approvals.request(actor=self.cast.actor("dev"), version=self.version, to="production")

    @cached_property
    def vote(self) -> Vote:
        return Vote.objects.create(
            request=self.request,
            voter=self.cast.vera,
            role=Role.VALIDATOR,
            verdict=VoteVerdict.APPROVE,
            subject_digest=self.request.subject_digest,
            voted_at=timezone.now(),
        )

    @cached_property
    def condition(self) -> Condition:
        due = timezone.now() + timedelta(days=7)
        return Condition.objects.create(
            vote=self.vote, number=1, text="Add a chart.", owner=self.cast.dev, due_on=due.date(), due_at=due
        )

    @cached_property
    def delegation(self) -> Delegation:
        now = timezone.now()
        return Delegation.objects.create(
            organisation=self.cast.acme,
            delegator=User.objects.create(username="lender"),
            delegate=User.objects.create(username="borrower"),
            role=Role.VALIDATOR,
            reason="On leave.",
            starts_at=now,
            ends_at=now + timedelta(days=3),
        )

    obligation = "eu-ai-act:art-9.1"

    @cached_property
    def classification(self) -> Classification:
        return classifications.answer(
            actor=self.cast.actor("dev"), system=self.system, answers=sent(harmless())
        )

    @cached_property
    def waiver(self) -> Waiver:
        self.policy.refresh_from_db()  # it says what may be waived
        return waivers.ask(
            actor=self.cast.actor("dev"),
            version=self.version,
            codes=["documents.model_card"],
            reason="Later.",
            compensating_control="A person looks.",
            expires_at=timezone.now() + timedelta(days=3),
            to="production",
        )

    @cached_property
    def release(self) -> BreakGlass:
        other = make_version(self.cast, self.system, "2")
        return break_glass.ask(
            actor=self.cast.actor("olga"), version=other, environment="production", reason="Fire.", hours=1
        )

    @cached_property
    def issue(self) -> Issue:
        return issues.raise_issue(
            actor=self.cast.actor("aud"),
            system=self.system,
            kind=IssueKind.FINDING,
            severity=Severity.LOW,
            title="Small groups",
        )

    @cached_property
    def decision(self) -> Decision:
        answer = decisions.ask(
            actor=self.cast.actor("ci"),
            artifact_digest=self.version.artifact.digest,
            environment="production",
        )
        return Decision.objects.get(pk=answer.decision_id)

    @cached_property
    def report(self) -> Report:
        asked = reports.request(actor=self.cast.actor("dev"), version=self.version, kind="validation_report")
        stored = blobs.put(self.cast.acme.pk, io.BytesIO(b"%PDF-"))
        Report.objects.filter(pk=asked.pk).update(
            state=ReportState.READY, pdf_digest=stored.digest, document="{}"
        )
        return asked

    @cached_property
    def plan(self) -> CheckPlan:
        return plans.seal(
            actor=self.cast.actor("dev"), model_version=self.version, dataset_version=self.snapshot
        )

    @cached_property
    def run(self) -> AuditRun:
        run = staging.measure(self.cast, self.version)
        sealed = dict.fromkeys(("explanation", "explanation_failed", "read", "refused"))
        result = json.dumps({**sealed, "settings": {}, "inputs": {}, "versions": {}})
        AuditRun.objects.filter(pk=run.pk).update(result=result)
        return run

    @cached_property
    def deviation(self) -> Deviation:
        """A lower bar for what is measured already, which waits for people to accept it."""
        self.run.refresh_from_db()  # without a result nothing is loosened
        looser = plans.seal(
            actor=self.cast.actor("dev"),
            model_version=self.version,
            dataset_version=self.snapshot,
            checks=[{**check, "threshold": -0.1} for check in staging.CHECKS],
            reason="Another product's bar.",
        )
        return looser.deviations.get()

    @cached_property
    def champion(self) -> ModelVersion:
        """A version in production with a result, beside which the other one stands."""
        made = make_version(self.cast, self.system, "0", dataset_versions=[self.snapshot])
        staging.measure(self.cast, made)
        ModelVersion.objects.filter(pk=made.pk).update(stage=VersionStage.PRODUCTION)
        return made

    @cached_property
    def quality_run(self) -> DataQualityRun:
        run = quality.request(actor=self.cast.actor("stew"), dataset_version=self.snapshot)
        assert leases.take(str(run.pk), DataQualityRun) is not None
        nothing: dict[str, Any] = {
            "refused": None,
            "checks": [],
            "associations": [],
            "profile": None,
            "read": None,
        }
        ending = endings.of_outcome(nothing)
        assert quality.write(run_id=run.pk, ours=Q(), actor=Actor.system("worker"), ending=ending)
        return run

    @cached_property
    def bystander(self) -> User:
        """A service account that is nobody's in the tables of roles."""
        return people.create_service_account(
            actor=self.cast.actor("olga"),
            organisation=self.cast.acme,
            name="bystander",
            responsible=self.cast.rita,
        )

    @cached_property
    def membership(self) -> Membership:
        return self.bystander.memberships.get()

    @cached_property
    def grant(self) -> RoleGrant:
        return people.grant_role(
            actor=self.cast.actor("olga"), organisation=self.cast.acme, user=self.bystander, role=Role.CI
        )

    @cached_property
    def token(self) -> ApiToken:
        issued, _ = tokens.issue(
            actor=self.cast.actor("olga"), organisation=self.cast.acme, user=self.bystander, name="x"
        )
        return issued

    @cached_property
    def identity(self) -> WorkloadIdentity:
        return identities.create(
            actor=self.cast.actor("olga"),
            organisation=self.cast.acme,
            account=self.bystander,
            name="world",
            binding=Binding("https://gitlab.com", "1", "bank/scorer", "refs/heads/main"),
            scopes=["view"],
        )

    @cached_property
    def own(self) -> dict[Role, User]:
        """Somebody in each role of Acme, and in no other."""
        known = {role: getattr(self.cast, name) for name, role in ROLES.items()}
        known |= {Role.OWNER: self.cast.olga, Role.CI: self.cast.ci}
        return {role: known.get(role) or self._member(role, self.cast.acme, "olga") for role in Role}

    @cached_property
    def strangers(self) -> dict[Role, User]:
        """Somebody in each role of another organisation."""
        other = self.cast.oscar.memberships.get().organisation
        return {
            role: self.cast.oscar if role == Role.OWNER else self._member(role, other, "oscar")
            for role in Role
        }

    def client(self, user: User) -> Client:
        """A browser in which somebody is signed in."""
        return self._clients[user.pk]

    def _member(self, role: Role, organisation: Organisation, by: str) -> User:
        name = f"{organisation.slug}-{role}"
        user = User.objects.create_user(name, f"{name}@example.org", None)
        people.grant_role(actor=self.cast.actor(by), organisation=organisation, user=user, role=role)
        return user
