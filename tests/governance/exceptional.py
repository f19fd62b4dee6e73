"""Waivers, emergencies and issues, through the real services."""

from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from django.utils import timezone

from governance.gates.spec import GateDecision
from governance.models import BreakGlass, Issue, IssueKind, Severity, Waiver
from governance.services import break_glass, decisions, issues, waivers
from registry.models import LedgerEntry, ModelVersion, System
from registry.stages import VersionStage
from tests.cast import Cast
from tests.governance import staging
from tests.governance.gates import facts

CHECK = "checks.Impact ratio by sex"


def waiving_system(cast: Cast, body: str = "") -> System:
    """A system that has passed G1 to G3, under a policy with waivers and break-glass."""
    system = staging.ready_system(cast)
    staging.put_into_force(cast, body or facts.body_with_waivers())
    return system


def failed(cast: Cast, system: System | None = None, version: str = "1") -> ModelVersion:
    """A version at compliance whose audit says that one check failed.

    It got there by hand, because to waive the check at the step before too would use up days of the budget.
    """
    made = staging.at_validation(cast, system or waiving_system(cast), version)
    staging.measure(cast, made, favourable_impact_ratio="failed")
    ModelVersion.objects.filter(pk=made.pk).update(stage=VersionStage.COMPLIANCE)
    made.refresh_from_db()
    return made


def measured_again(cast: Cast, version: ModelVersion) -> None:
    """Another plan, as strict, whose run came out worse: the same check failed, and another with it."""
    with mock.patch.object(staging, "CHECKS", [{**check, "threshold": 0.85} for check in staging.CHECKS]):
        worse: dict[str, Any] = {"favourable_impact_ratio": "failed", "accuracy_above_majority": "failed"}
        staging.measure(cast, version, **worse)


def until(**how_long: float) -> datetime:
    """A moment from now."""
    return timezone.now() + timedelta(**how_long)


def ask(cast: Cast, version: ModelVersion, *codes: str, by: str = "dev", **changes: Any) -> Waiver:
    """A waiver asked for; of the failed check, for ten days, for the step to production or else for a door."""
    given: dict[str, Any] = {
        "codes": codes or [CHECK],
        "reason": "The next version corrects it.",
        "compensating_control": "Every refusal of a woman is looked at by a person.",
        "expires_at": until(days=10),
        **({} if "environment" in changes else {"to": "production"}),
    }
    return waivers.ask(actor=cast.actor(by), version=version, **{**given, **changes})


def approve(cast: Cast, waiver: Waiver, by: str = "vera") -> Waiver:
    """Approved by somebody."""
    return waivers.approve(actor=cast.actor(by), waiver=waiver, digest=waiver.digest)


def emergency(
    cast: Cast, version: ModelVersion, *, by: str = "olga", confirmed: bool = True, hours: int = 4
) -> BreakGlass:
    """An emergency release to production, asked for by Olga and confirmed by Adam."""
    asked = break_glass.ask(
        actor=cast.actor(by),
        version=version,
        environment="production",
        reason="The version before refuses everybody.",
        hours=hours,
    )
    return break_glass.confirm(actor=cast.actor("adam"), release=asked) if confirmed else asked


def issue(cast: Cast, system: System, *, by: str = "aud", **changes: Any) -> Issue:
    """An open finding of high severity that Dev is to correct."""
    given: dict[str, Any] = {
        "kind": IssueKind.FINDING,
        "severity": Severity.HIGH,
        "title": "Groups of fewer than ten",
        "owner": cast.dev,
    }
    return issues.raise_issue(actor=cast.actor(by), system=system, **{**given, **changes})


def door(cast: Cast, version: ModelVersion, environment: str = "production") -> GateDecision:
    """What the gate's door says now."""
    answer = decisions.ask(
        actor=cast.actor("ci"),
        artifact_digest=version.artifact.digest,
        environment=environment,
        model_version=version.pk,
    )
    return answer.decided


def entries(event: str) -> int:
    """How often this stands in the log."""
    return LedgerEntry.objects.filter(event=event).count()
