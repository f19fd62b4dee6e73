"""Waivers: asked for with reasons, approved by somebody else, for a time, out of a budget; never changed afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from governance.dossier import Gathered
from governance.gates import codec, lineage, waiving
from governance.gates.waiving import WaiverRules, WaiverTerms
from governance.models import Waiver, WaiverState
from governance.services import waiver_terms
from governance.services.waiver_terms import Budget, Lineage
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import AssayError, Conflict, Denied, Invalid
from registry.ledger import record
from registry.models import ModelVersion
from registry.stages import Role

_EXCLUDED: Final = "You cannot approve this waiver: you {}. Somebody independent has to."
# Whoever works on a thing or reviews it may give up a waiver of it, because that only makes the gate stricter.
_MAY_END: Final = ("vote", "request_approval")


def ask(
    *,
    actor: Actor,
    version: ModelVersion,
    codes: Sequence[str],
    reason: str,
    compensating_control: str,
    expires_at: datetime,
    starts: datetime | None = None,
    to: str = "",
    environment: str = "",
) -> Waiver:
    """Ask that these findings, exactly as they stand, be set aside until then; at the step `to`, or at one door."""
    reason, compensating_control = reason.strip(), compensating_control.strip()
    waiver_terms.check_words(codes, reason, compensating_control)
    with record.transaction():
        version = ModelVersion.objects.locked().get(pk=version.pk)
        record.hold(version.model.system.organisation_id)
        # Asked with the log held: a role may have been taken away while this waited for it.
        check.require(actor, "request_approval", version)
        gathered, step = waiver_terms.facts_for(version, to, environment)
        rules = waiver_terms.rules_of(gathered)
        findings = waiver_terms.covered(gathered, rules, codes)
        before = waiver_terms.lineage_of(version, step.name, codes)
        if not rules.roles_for(before.renewal):
            raise Conflict(
                f"This was waived {before.renewal} times already, and the policy allows no further renewal.",
                code="waiver.no_more_renewals",
            )
        starts = starts or waiver_terms.first_moment(gathered, before, findings)
        waiver_terms.check_times(rules, gathered.dossier.now, starts, expires_at)
        terms = WaiverTerms(
            model_version=str(version.pk),
            step=step.name,
            environment=environment,
            findings=findings,
            reason=reason,
            compensating_control=compensating_control,
            requester=actor.person_id,
            starts=starts,
            expires_at=expires_at,
            renews=str(before.newest.pk) if before.newest else "",
            renewal=before.renewal,
        )
        return _create(actor, version, terms, before)


def _create(actor: Actor, version: ModelVersion, terms: WaiverTerms, before: Lineage) -> Waiver:
    created = Waiver.objects.create(
        system=version.model.system,
        model_version=version,
        step=terms.step,
        environment=terms.environment,
        terms=codec.canonical(terms).decode(),
        digest=codec.digest(terms),
        starts=terms.starts,
        expires_at=terms.expires_at,
        renews=before.newest,
        renewal=terms.renewal,
        requested_by=actor.user,
    )
    _record(
        "waiver.requested",
        actor,
        created,
        model_version_id=str(version.pk),
        step=terms.step,
        environment=terms.environment,
        starts=codec.moment(terms.starts),
        expires_at=codec.moment(terms.expires_at),
        renewal=terms.renewal,
        findings=", ".join(one.code for one in terms.findings),
        reason=terms.reason,
        compensating_control=terms.compensating_control,
    )
    return created


def approve(*, actor: Actor, waiver: Waiver, digest: str, role: Role | None = None) -> Waiver:
    """Take responsibility for exactly these terms. Nobody approves what they asked for or made, whoever they are."""
    with record.transaction():
        locked = _locked(waiver)
        gathered = waiver_terms.facts_of(locked)
        refused = _refused(actor, locked, digest, gathered)
        if refused is None:
            question = _question(actor, locked, gathered)
            return _approve(actor, question, _role(actor, question, role))
        _record("waiver.excluded", actor, locked, why=refused)
    # Raised after the attempt is committed, like a vote on one's own work.
    refusal = Denied(_EXCLUDED.format(lineage.to_you(refused)), code="waiver.excluded")
    refusal.recorded = True
    raise refusal


@dataclass(frozen=True)
class _Question:
    """A waiver that could be approved now, and the roles in which the actor may."""

    waiver: Waiver
    now: datetime
    rules: WaiverRules
    roles: tuple[Role, ...]


@dataclass(frozen=True)
class Choice:
    """What somebody may do with a waiver that waits: approve it in one of these roles, or not, and why."""

    roles: tuple[Role, ...]
    why_not: str
    budget: Budget | None
    approvers: tuple[str, ...]


def choice(actor: Actor, waiver: Waiver) -> Choice:
    """What an approval by this actor would meet now, found by the checks that guard the approval itself."""
    gathered = waiver_terms.facts_of(waiver)
    policy = waiver_terms.policy_of(gathered)
    rules: WaiverRules | None = policy.part("waivers") if policy else None
    left = waiver_terms.budget_with(waiver, rules, gathered.dossier.now) if rules else None
    approvers = rules.roles_for(waiver.renewal) if rules else ()
    try:
        refused = _refused(actor, waiver, waiver.digest, gathered)
        if refused is not None:
            return Choice((), _EXCLUDED.format(lineage.to_you(refused)), left, approvers)
        question = _question(actor, waiver, gathered)
        _role(actor, question, None)
    except AssayError as error:
        return Choice((), error.message, left, approvers)
    return Choice(question.roles, "", left, approvers)


def _refused(actor: Actor, waiver: Waiver, digest: str, gathered: Gathered) -> str | None:
    """What keeps the actor from approving, or None; of a waiver that is still open and in the words they read."""
    check.require(actor, "vote", waiver)
    _still_open(waiver, WaiverState.REQUESTED)
    if digest != waiver.digest:
        raise Conflict(
            "What you read is not what this waiver says. Read it again.", code="waiver.other_terms"
        )
    terms = waiver_terms.terms_of(waiver)
    codes = [one.code for one in terms.findings]
    before = waiver_terms.lineage_of(waiver.model_version, waiver.step, codes)
    return _excluded(actor, waiver, before, gathered)


def _question(actor: Actor, waiver: Waiver, gathered: Gathered) -> _Question:
    rules = waiver_terms.rules_of(gathered)
    waiver_terms.still_true(waiver, gathered, rules)
    held = facts.roles_of(actor.user.pk, waiver.system)
    roles = tuple(Role(role) for role in rules.roles_for(waiver.renewal) if Role(role) in held)
    return _Question(waiver, gathered.dossier.now, rules, roles)


def _excluded(actor: Actor, waiver: Waiver, before: Lineage, gathered: Gathered) -> str | None:
    """What the actor is or did that keeps them from taking responsibility; None for an independent person."""
    if actor.kind != "person":
        return "are a service account, and responsibility is taken by people"
    found = waiving.part_takers(gathered.dossier, waiver.requested_by.person_id, before.approvers)
    return found.get(actor.person_id)


def _role(actor: Actor, question: _Question, wanted: Role | None) -> Role:
    """The role in which the approval is given; and whether the year still has days for it."""
    asked = question.rules.roles_for(question.waiver.renewal)
    if not question.roles or (wanted is not None and wanted not in question.roles):
        raise Denied(
            f"This waiver is approved by {waiving.roles_words(asked)}. You hold no such role here.",
            code="waiver.no_role",
            by=actor,
            on=question.waiver,
        )
    left = waiver_terms.budget_with(question.waiver, question.rules, question.now)
    if not left.holds:
        raise Conflict(
            f"With this waiver the model would have {left.used_days} waiver-days within a year; the policy gives"
            f" {left.given}. Correct the model, or wait.",
            code="waiver.budget",
        )
    return wanted or question.roles[0]


def _approve(actor: Actor, question: _Question, role: Role) -> Waiver:
    waiver = question.waiver
    waiver.state, waiver.approved_by, waiver.approved_role = WaiverState.APPROVED, actor.user, role
    waiver.approved_at = question.now
    waiver.save(update_fields=["state", "approved_by", "approved_role", "approved_at"])
    _record(
        "waiver.approved",
        actor,
        waiver,
        model_version_id=str(waiver.model_version_id),
        role=str(role),
        starts=codec.moment(waiver.starts),
        expires_at=codec.moment(waiver.expires_at),
    )
    return waiver


def refuse(*, actor: Actor, waiver: Waiver, reason: str) -> Waiver:
    """Say no to a waiver, or take one's own question back."""
    return _close(actor, waiver, reason, WaiverState.REQUESTED, WaiverState.REFUSED)


def revoke(*, actor: Actor, waiver: Waiver, reason: str) -> Waiver:
    """End an approved waiver now; its days stay used."""
    return _close(actor, waiver, reason, WaiverState.APPROVED, WaiverState.REVOKED)


def _close(actor: Actor, waiver: Waiver, reason: str, state: WaiverState, to: WaiverState) -> Waiver:
    if not 0 < len(reason.strip()) <= waiver_terms.MAX_TEXT:
        raise Invalid(
            f"Say why, in at most {waiver_terms.MAX_TEXT} characters.", errors=[("reason", "required")]
        )
    with record.transaction():
        locked = _locked(waiver)
        if not check.held(actor, locked) & set(_MAY_END):
            check.require(actor, _MAY_END[0], locked)
        _still_open(locked, state)
        locked.state, locked.closed_by, locked.closed_reason = to, actor.user, reason.strip()
        locked.closed_at = waiver_terms.facts_of(locked).dossier.now
        locked.save(update_fields=["state", "closed_by", "closed_reason", "closed_at"])
        _record(f"waiver.{to}", actor, locked, reason=reason.strip())
    return locked


def _locked(waiver: Waiver) -> Waiver:
    """The waiver, and then the log: so that of two who approve, and of two waivers of one budget, one is first."""
    locked = Waiver.objects.locked().get(pk=waiver.pk)
    record.hold(locked.system.organisation_id)
    return locked


def _still_open(waiver: Waiver, state: WaiverState) -> None:
    if waiver.state != state:
        raise Conflict(
            f"This waiver is not open to that: {waiver.get_state_display().lower()}.", code="waiver.closed"
        )


def _record(code: str, actor: Actor, waiver: Waiver, **payload: object) -> None:
    record.event(
        code,
        organisation_id=waiver.system.organisation_id,
        system_id=waiver.system_id,
        subject=waiver,
        actor=actor,
        waiver_id=str(waiver.pk),
        digest=waiver.digest,
        **payload,
    )
