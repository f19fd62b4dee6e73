"""What happens by itself when a date has passed: a version that may not stay in production is suspended.

Assay decides about each version in production as its door would, and looks for findings that suspend; a condition of
an approval whose time is over suspends whatever the door says, and so does a waiver that is over while what it covered
still stands in the way. It acts through the service of steps, as itself; so it can stop what runs, and never opens
anything. Each version is looked at again with its rows and the log held, so that a review completed at the same moment
counts. Done twice it happens once; done after a week of standstill it happens once, too.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import DatabaseError
from django.db.models import Q

from governance import lifecycle, selectors
from governance.dossier import Gathered, gather_version
from governance.gates import waiving
from governance.gates.policy import parse
from governance.gates.spec import Dossier, Step
from governance.models import Policy, PolicyState, WaiverState
from governance.services import asking, reviews, transitions
from registry.actors import Actor
from registry.errors import AssayError, Invalid
from registry.ledger import record
from registry.models import ModelVersion
from registry.stages import VersionStage

logger = logging.getLogger(__name__)
ASSAY: Final = Actor.system("enforcement")

# The findings at the door that suspend what is in production, and why. Any other closed gate stops the next rollout,
# but leaves what runs to people.
SUSPENDS: Final[dict[str, str]] = {
    "review": "The periodic review is overdue.",
}


@dataclass(frozen=True)
class Cause:
    """Why a version is suspended: a word for the log, and a sentence without anything that people typed."""

    kind: str
    sentence: str


def enforce_due(now: datetime | None = None) -> int:
    """Suspend every version in production that may not stay there; how many were. `now` is the database's clock."""
    _tighten()
    deployed = ModelVersion.objects.filter(stage__in=lifecycle.DEPLOYED).select_related("model__system")
    return sum(_tried(version, now) for version in deployed.order_by("pk"))


def _tighten() -> None:
    """A tier that was raised brings its policy's days with it."""
    in_force = Policy.objects.filter(state=PolicyState.PUBLISHED).select_related("organisation")
    for policy in in_force.order_by("pk"):
        try:
            reviews.tighten(
                actor=ASSAY, organisation=policy.organisation, tier=policy.tier, policy_body=policy.body
            )
        except (AssayError, DatabaseError):
            logger.exception("tighten_failed", extra={"policy_id": str(policy.pk)})


def _tried(version: ModelVersion, now: datetime | None) -> bool:
    try:
        return bool(causes(version, now)) and suspend_if_due(version, now)
    except (AssayError, DatabaseError):
        # One organisation's log does not answer, or one version cannot be read: the others must not wait for it.
        logger.exception("enforcement_failed", extra={"model_version_id": str(version.pk)})
        return False


def suspend_if_due(version: ModelVersion, now: datetime | None = None) -> bool:
    """Suspend a version if, with everything held, there is still a cause."""
    with record.transaction():
        rows = ModelVersion.objects.locked()
        version = rows.select_related("model__system").get(pk=version.pk)
        reviews.lock(version)
        system = version.model.system
        record.hold(system.organisation_id)
        found = causes(version, now) if version.stage in lifecycle.DEPLOYED else ()
        if not found:
            return False
        record.event(
            "enforcement.applied",
            organisation_id=system.organisation_id,
            system_id=system.pk,
            subject=version,
            actor=ASSAY,
            suspended=str(version),
            causes=sorted({cause.kind for cause in found}),
        )
        reason = " ".join(dict.fromkeys(cause.sentence for cause in found))[: transitions.MAX_REASON]
        transitions.request(actor=ASSAY, version=version, to=VersionStage.SUSPENDED, reason=reason)
    logger.warning("version_suspended", extra={"model_version_id": str(version.pk), "reason": reason})
    return True


def causes(version: ModelVersion, now: datetime | None = None) -> tuple[Cause, ...]:
    """Why a version may not stay in production, as things are now; empty where it may."""
    gathered = gather_version(version, now=now)
    return (*_at_the_doors(gathered), *_lapsed(version, gathered.dossier.now))


def _at_the_doors(gathered: Gathered) -> list[Cause]:
    found = []
    for door in _doors(gathered):
        over = _over(door.dossier)
        for finding in asking.made(door).findings:
            code = waiving.base(finding.code)
            if finding.blocks and code in SUSPENDS:
                found.append(Cause(code, finding.sentence))
            elif finding.blocks and code in over:
                found.append(Cause("waiver", f"A waiver is over. {finding.sentence}"))
    return list(dict.fromkeys(found))


def _over(dossier: Dossier) -> frozenset[str]:
    """What the waivers of this step and door covered that are expired or were revoked."""
    step = dossier.step.name if dossier.step else ""
    return frozenset(
        waiving.base(finding.code)
        for waiver in dossier.waivers
        if waiver.state == WaiverState.REVOKED or waiver.expires_at <= dossier.now
        if waiver.step == step and waiver.environment in ("", dossier.environment)
        for finding in waiver.findings
    )


def _lapsed(version: ModelVersion, now: datetime) -> Iterator[Cause]:
    """Conditions of the approvals with which the version, or its system, took a step."""
    request = "vote__request__"
    its_own, its_systems = (
        Q(**{f"{request}model_version": version}),
        Q(**{f"{request}model_version": None, f"{request}system": version.model.system}),
    )
    for condition in selectors.lapsed_conditions(now).filter(its_own | its_systems):
        yield Cause("condition", f"A condition of an approval was due on {condition.due_on} and is not met.")


def _doors(gathered: Gathered) -> Iterator[Gathered]:
    """The facts, asked about every environment that production may run in, and about production itself."""
    yield gathered.about(Step(lifecycle.MODEL_VERSION, VersionStage.COMPLIANCE, VersionStage.PRODUCTION))
    try:
        policy = parse(gathered.policy_body) if gathered.policy_body else None
    except Invalid:
        return  # the door is closed; what runs is left to people
    for environment, section in policy.environments.items() if policy else ():
        if section.to_stage in lifecycle.DEPLOYED:
            yield gathered.at_door(environment)
