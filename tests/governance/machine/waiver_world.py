"""Two versions of one model at compliance, each with a failed check, under a policy that lets checks be waived."""

from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from governance.models import Waiver
from governance.services import decisions, policies, transitions, waivers
from registry.models import ModelVersion, User
from registry.services import people
from registry.stages import RiskTier, Role
from tests.governance import staging
from tests.governance.machine.waiver_reference import BUDGET, CLIMB, LONGEST
from tests.governance.machine.world import CHECKED, HEAD, VERSION_STEPS, World, early_steps
from tests.make import make_version

FAILED = "checks.Impact ratio by sex"
NAMES = ("1", "2")


def policy_text() -> str:
    """A policy whose last gate asks for checks that passed, and lets them be waived."""
    approvers = ", ".join(f"[{', '.join(sorted(roles))}]" for roles in CLIMB)
    lines = [*HEAD, "name: Waivers", "waivers:", "  allowed: [checks.]", f"  approvers: [{approvers}]"]
    lines += [f"  max_days: {LONGEST.days}", f"  budget_days: {BUDGET.days}", "transitions:", *early_steps()]
    lines += ["  - from: compliance", "    to: production", "    environments: [production]"]
    return "\n".join([*lines, "    requirements:", f"      {CHECKED}"]) + "\n"


class WaiverWorld(World):
    """Acme with versions whose check has failed, a second account of Dev, and a clock that only the machine moves."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        with self.clock():
            second = User.objects.create_user("dev2", "dev2@example.org", None, responsible=self.cast.dev)
            self.cast.dev2 = second  # type: ignore[attr-defined]
            people.grant_role(
                actor=self.actor("olga"), organisation=self.cast.acme, user=second, role=Role.VALIDATOR
            )
            self.versions = [self._failed(name, number) for number, name in enumerate(NAMES)]

    def publish(self, edition: str, number: int) -> None:
        draft = policies.draft(
            actor=self.actor("cora"), organisation=self.cast.acme, tier=RiskTier.HIGH, body=policy_text()
        )
        policies.publish(actor=self.actor("rita"), policy=draft)

    def _failed(self, name: str, number: int) -> ModelVersion:
        snapshot = staging.snapshot_of(self.system)
        version = make_version(self.cast, self.system, f"w{name}", dataset_versions=[snapshot])
        for _, to in VERSION_STEPS:
            version = transitions.request(actor=self.actor("dev"), version=version, to=to)
        self.measure_again(version, number)
        return version

    def measure_again(self, version: ModelVersion, number: int) -> None:
        """Another plan, a little stricter, and another result: the check fails once more."""
        result = {
            **staging.outcome({"favourable_impact_ratio": "failed"}),
            "read": {"rows_read": 1000 + number},
        }
        checks = [{**check, "threshold": 0.8 + number / 10000} for check in staging.CHECKS]
        with (
            mock.patch.object(staging, "CHECKS", checks),
            mock.patch.object(staging, "outcome", return_value=result),
        ):
            staging.measure(self.cast, version, by="dev")

    def ask_waiver(self, name: str, version: ModelVersion, length: timedelta, *, at_the_door: bool) -> Waiver:
        where: dict[str, Any] = {"environment": "production"} if at_the_door else {"to": "production"}
        return waivers.ask(
            actor=self.actor(name),
            version=version,
            codes=[FAILED],
            reason="The next version corrects it.",
            compensating_control="A person looks at every refusal.",
            expires_at=self.now + length,
            **where,
        )

    def verdict(self, version: ModelVersion) -> str:
        """What a pipeline is told."""
        answer = decisions.ask(
            actor=self.actor("ci"),
            artifact_digest=version.artifact.digest,
            environment="production",
            model_version=version.pk,
        )
        return str(answer.decided.verdict.value)
