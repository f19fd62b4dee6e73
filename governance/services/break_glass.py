"""Break-glass: one person asks, another confirms, one door opens for some hours; an incident and a review follow."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from governance.dossier import Gathered, gather_version
from governance.gates import codec, decide, emergency, lineage
from governance.gates.emergency import BreakGlassRules
from governance.models import BreakGlass, BreakGlassState, Issue, IssueKind, ReviewOutcome, Severity
from governance.services import issues, waiver_terms
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid
from registry.ledger import record
from registry.models import ModelVersion
from registry.stages import Role

MAX_TEXT: Final = 5000


def ask(*, actor: Actor, version: ModelVersion, environment: str, reason: str, hours: int) -> BreakGlass:
    """Ask for an emergency release of a version to an environment; nothing opens until another person confirms."""
    reason = _said(reason, "reason", "Say what the emergency is: it is printed in every later report.")
    with record.transaction():
        rows = ModelVersion.objects.locked().select_related("model__system")
        version = rows.get(pk=version.pk)
        system = version.model.system
        record.hold(system.organisation_id)
        # Asked with the log held: a role may have been taken away while this waited for it.
        check.require(actor, "break_glass", version)
        _by_a_person(actor, version)
        gathered = gather_version(version).at_door(environment)
        rules = _possible(gathered)
        if not 1 <= hours <= rules.max_hours:
            words = f"An emergency release runs for 1 to {rules.max_hours} hours."
            raise Invalid(words, errors=[("hours", f"1 to {rules.max_hours}")])
        _none_yet(version, environment, gathered.dossier.now)
        created = BreakGlass.objects.create(
            system=system,
            model_version=version,
            environment=environment,
            reason=reason,
            hours=hours,
            requested_by=actor.user,
            requested_at=gathered.dossier.now,
        )
        _record(
            "break_glass.requested",
            actor,
            created,
            model_version_id=str(version.pk),
            environment=environment,
            hours=hours,
            reason=reason,
        )
    return created


def _possible(gathered: Gathered) -> BreakGlassRules:
    """What the policy says of emergencies, where one could open this door at all."""
    policy, dossier = waiver_terms.policy_of(gathered), gathered.dossier
    rules: BreakGlassRules | None = policy.part("break_glass") if policy else None
    if policy is None or rules is None:
        raise Conflict(
            "The policy of this system knows no emergency release.", code="break_glass.not_possible"
        )
    if dossier.step is None:
        raise Conflict(
            f"The policy knows no environment “{dossier.environment}”.", code="break_glass.no_environment"
        )
    if beyond := emergency.beyond(dossier, decide.checklist(dossier, policy)):
        raise Conflict(f"No emergency stands over this: {' '.join(beyond)}", code="break_glass.beyond")
    return rules


def _none_yet(version: ModelVersion, environment: str, now: datetime) -> None:
    there = BreakGlass.objects.filter(model_version=version, environment=environment)
    if there.filter(state=BreakGlassState.REQUESTED).exists():
        raise Conflict(
            "An emergency release of this version waits for a second person.", code="break_glass.asked"
        )
    if there.filter(state=BreakGlassState.CONFIRMED, ends__gt=now).exists():
        raise Conflict("An emergency release of this version is running already.", code="break_glass.runs")


def confirm(*, actor: Actor, release: BreakGlass) -> BreakGlass:
    """Be the second person: from now on the door is open, an incident stands, and a review falls due."""
    with record.transaction():
        locked = _locked(actor, release, BreakGlassState.REQUESTED)
        refused = not_the_second(actor, locked)
        if not refused:
            return _confirm(actor, locked)
        _record("break_glass.excluded", actor, locked, why=refused)
    raise _refusal(f"You cannot confirm this: you {refused}.")


def not_the_second(actor: Actor, release: BreakGlass) -> str:
    """Why the actor cannot be the second person; empty when they can."""
    if actor.kind != "person":
        return "are a service account, and an emergency takes two people"
    why = _part(actor, release, {release.requested_by.person_id: "asked for it"})
    return f"{why}, and an emergency takes two people" if why else ""


def _part(actor: Actor, release: BreakGlass, parts: Mapping[str, str]) -> str:
    """What of this the actor did, or somebody for whom they act."""
    bound = lineage.with_delegates(gather_version(release.model_version).dossier, parts)
    return lineage.to_you(bound.get(actor.person_id, ""))


def _confirm(actor: Actor, release: BreakGlass) -> BreakGlass:
    gathered = gather_version(release.model_version).at_door(release.environment)
    rules, now = _possible(gathered), gathered.dossier.now
    if now > release.requested_at + timedelta(hours=rules.max_hours):
        raise Conflict("This was asked for too long ago. Ask again.", code="break_glass.over")
    hours = min(release.hours, rules.max_hours)
    ends = now + timedelta(hours=hours)
    release.state, release.confirmed_by, release.starts, release.ends = (
        BreakGlassState.CONFIRMED,
        actor.user,
        now,
        ends,
    )
    release.review_due_at = ends + timedelta(days=rules.review_days)
    release.incident = _incident(actor, release)
    release.save(update_fields=["state", "confirmed_by", "starts", "ends", "review_due_at", "incident"])
    _record(
        "break_glass.confirmed",
        actor,
        release,
        model_version_id=str(release.model_version_id),
        environment=release.environment,
        starts=codec.moment(now),
        ends=codec.moment(ends),
        review_due_at=codec.moment(release.review_due_at),
        issue_id=str(release.incident.pk),
    )
    return release


def _incident(actor: Actor, release: BreakGlass) -> Issue:
    due = release.review_due_at
    return issues.raise_issue(
        actor=actor,
        system=release.system,
        model_version=release.model_version,
        title=f"Emergency release of {release.model_version} to {release.environment}"[: issues.MAX_TITLE],
        description=release.reason,
        due=due.date() if due else None,
        kind=IssueKind.INCIDENT,
        severity=Severity.HIGH,
    )


def withdraw(*, actor: Actor, release: BreakGlass, reason: str) -> BreakGlass:
    """Take the question back, or say no to it."""
    reason = _said(reason, "reason", "Say why.")
    with record.transaction():
        locked = _locked(actor, release, BreakGlassState.REQUESTED)
        locked.state = BreakGlassState.WITHDRAWN
        locked.save(update_fields=["state"])
        _record("break_glass.withdrawn", actor, locked, reason=reason)
    return locked


def end(*, actor: Actor, release: BreakGlass, reason: str) -> BreakGlass:
    """Close the door before the time is over; the review is owed all the same."""
    reason = _said(reason, "reason", "Say why.")
    with record.transaction():
        locked = _locked(actor, release, BreakGlassState.CONFIRMED)
        now = gather_version(locked.model_version).dossier.now
        if locked.ends is None or locked.ends <= now:
            raise Conflict("This emergency release is over already.", code="break_glass.over")
        locked.ends = now
        locked.save(update_fields=["ends"])
        _record("break_glass.ended", actor, locked, ends=codec.moment(now), reason=reason)
    return locked


def review(*, actor: Actor, release: BreakGlass, outcome: ReviewOutcome, words: str) -> BreakGlass:
    """Judge it afterwards, as a compliance officer who took no part in it."""
    words = _said(words, "review", "Say what you looked at and what you found.")
    with record.transaction():
        locked = _locked(actor, release, BreakGlassState.CONFIRMED)
        if locked.reviewed_at is not None:
            raise Conflict("This emergency release was reviewed already.", code="break_glass.reviewed")
        now = gather_version(locked.model_version).dossier.now
        if locked.ends is not None and locked.ends > now:
            raise Conflict("It is still running. It is reviewed when it is over.", code="break_glass.runs")
        refused = not_the_reviewer(actor, locked)
        if not refused:
            return _review(actor, locked, outcome, words, now)
        _record("break_glass.excluded", actor, locked, why=refused)
    raise _refusal(f"You cannot review this: you {refused}.")


def not_the_reviewer(actor: Actor, release: BreakGlass) -> str:
    """Why the actor cannot review it; empty when they can."""
    if actor.kind != "person":
        return "are a service account"
    people = [user.person_id for user in (release.requested_by, release.confirmed_by) if user is not None]
    if why := _part(actor, release, dict.fromkeys(people, "took part in it")):
        return why
    if Role.COMPLIANCE_OFFICER not in facts.roles_of(actor.user.pk, release.system):
        return "are not a compliance officer here"
    return ""


def _review(
    actor: Actor, release: BreakGlass, outcome: ReviewOutcome, words: str, now: datetime
) -> BreakGlass:
    release.reviewed_by, release.reviewed_at, release.outcome, release.review = (
        actor.user,
        now,
        outcome,
        words,
    )
    release.save(update_fields=["reviewed_by", "reviewed_at", "outcome", "review"])
    _record("break_glass.reviewed", actor, release, outcome=str(outcome), review=words)
    return release


def unreviewed(now: datetime) -> Q:
    """Emergency releases that are over and not reviewed."""
    return Q(state=BreakGlassState.CONFIRMED, reviewed_at=None, ends__lte=now)


def _by_a_person(actor: Actor, version: ModelVersion) -> None:
    if actor.kind != "person":
        raise Denied(
            "An emergency is asked for by a person. A service account cannot.",
            code="break_glass.not_a_person",
            by=actor,
            on=version,
        )


def _locked(actor: Actor, release: BreakGlass, state: BreakGlassState) -> BreakGlass:
    rows = BreakGlass.objects.locked()
    locked = rows.select_related(
        "model_version__model__system", "system", "requested_by", "confirmed_by"
    ).get(pk=release.pk)
    record.hold(locked.system.organisation_id)
    # Asked with the log held: a role may have been taken away while this waited for it.
    check.require(actor, "break_glass", locked)
    if locked.state != state:
        raise Conflict(
            f"This emergency release is not open to that: {locked.get_state_display().lower()}.",
            code="break_glass.state",
        )
    return locked


def _said(text: str, name: str, words: str) -> str:
    if not 0 < len(text.strip()) <= MAX_TEXT:
        raise Invalid(words, errors=[(name, f"1 to {MAX_TEXT} characters")])
    return text.strip()


def _refusal(sentence: str) -> Denied:
    """Raised after the attempt is committed, like a vote on one's own work."""
    refusal = Denied(sentence, code="break_glass.excluded")
    refusal.recorded = True
    return refusal


def _record(code: str, actor: Actor, release: BreakGlass, **payload: object) -> None:
    record.event(
        code,
        organisation_id=release.system.organisation_id,
        system_id=release.system_id,
        subject=release,
        actor=actor,
        break_glass_id=str(release.pk),
        **payload,
    )
