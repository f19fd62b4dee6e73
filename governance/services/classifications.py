"""Classifications: answering the risk questionnaire, and a second person's word where a duty is said not to reach."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Max, QuerySet

from governance.classification import answers as given
from governance.classification import tier as rules
from governance.classification.questions import questionnaire
from governance.classification.tier import EXEMPTION, OUT_OF_SCOPE
from governance.gates import codec
from governance.models import Classification, ClassificationState
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid
from registry.ledger import chain, record
from registry.models import Organisation, System
from registry.stages import RiskTier

MAX_REASON: Final = 2000
_CLAIMS: Final = {
    EXEMPTION: "It claims the exemption of Art. 6(3).",
    OUT_OF_SCOPE: "It claims that the system is out of the Union's scope.",
}


def answer(*, actor: Actor, system: System, answers: Mapping[str, Any]) -> Classification:
    """Classify a system by these answers.

    What raises or keeps its tier takes effect at once. What lowers it, or claims that a duty does not reach it, waits
    for another person; a tier that is higher than the present one is in effect meanwhile all the same.
    """
    checked = given.checked(answers)
    with record.transaction():
        system = _held(system.pk)
        check.require(actor, "classify", system)
        waiting = _proposed(system)
        if waiting is not None:
            _close(waiting, ClassificationState.SUPERSEDED)
        now = datetime.now(UTC)
        row = _row(system, given.text(checked), rules.classify(checked, now.date()), now)
        row.answered_by, row.answered_at, row.rules_digest = actor.user, now, questionnaire().digest
        _take_up(actor, system, row, now)
    return row


def confirm(*, actor: Actor, classification: Classification) -> Classification:
    """Agree with a classification that waits; it is in force from now on. Never by the person who answered."""
    with record.transaction():
        system, row = _locked(classification)
        check.require(actor, "confirm_classification", row)
        _still_waiting(row)
        now = datetime.now(UTC)
        refused = _why_not(actor, row)
        if refused:
            _record("classification.refused", actor, row, why=refused)
        else:
            _still_follows(row, now)
            row.decided_by, row.decided_at = actor.user, now
            _in_force(actor, system, row, now)
    if refused:
        raise _recorded(Denied(refused, code="classification.excluded"))
    return row


def reject(*, actor: Actor, classification: Classification, reason: str) -> Classification:
    """Refuse a classification that waits. The one before it stays in force, and so does a tier that was raised."""
    reason = reason.strip()
    if not reason:
        raise Invalid("Say why you reject it, so that it can be put right.", errors=[("reason", "required")])
    if len(reason) > MAX_REASON:
        raise Invalid(f"A reason has at most {MAX_REASON} characters.", errors=[("reason", "too long")])
    with record.transaction():
        _, row = _locked(classification)
        check.require(actor, "confirm_classification", row)
        _still_waiting(row)
        if actor.kind != "person":
            raise Denied(_NOT_A_PERSON, code="classification.not_a_person")
        row.decided_by, row.decided_at, row.decision_reason = actor.user, datetime.now(UTC), reason
        _close(row, ClassificationState.REJECTED)
        _record("classification.rejected", actor, row, tier=row.tier, reason=reason)
    return row


def why_not_confirm(actor: Actor, classification: Classification) -> str:
    """What keeps an actor from confirming, in a sentence; empty: nothing. The check that guards the confirmation."""
    if "confirm_classification" not in check.held(actor, classification):
        return "It is confirmed by a risk reviewer or a compliance officer."
    return _why_not(actor, classification)


def reclassify_all(organisation: Organisation) -> list[Classification]:
    """Compute what is in force again, by today's rules and date: a prohibition may have begun to apply.

    A higher tier takes effect at once. A lower one is only proposed, and never in place of what a person proposed.
    How old the answers are, and which questions were read, does not change.
    """
    found = []
    rows = Classification.objects.filter(
        system__organisation=organisation, state=ClassificationState.IN_FORCE
    )
    for pk in list(rows.values_list("system_id", flat=True)):
        with record.transaction():
            row = _again(System.objects.locked().get(pk=pk))
        if row is not None:
            found.append(row)
    return found


def _again(system: System) -> Classification | None:
    before = _of(system).filter(state=ClassificationState.IN_FORCE).first()
    if before is None:
        return None
    now = datetime.now(UTC)
    result = rules.classify(given.read(before.answers), now.date())
    lower = rules.higher(system.risk_tier, result.tier)
    if result.tier == before.tier or (lower and _proposed(system) is not None):
        return None
    row = _row(system, before.answers, result, now)
    row.answered_by, row.answered_at, row.rules_digest = (
        before.answered_by,
        before.answered_at,
        before.rules_digest,
    )
    row.recomputed = True
    if not lower:
        # Its claims were confirmed before; that the tier is higher now needs nobody's word.
        row.waits_for = ""
    _take_up(Actor.system("reclassification"), system, row, now)
    return row


def _row(system: System, text: str, result: rules.Classification, now: datetime) -> Classification:
    newest = _of(system).aggregate(n=Max("number"))["n"]
    return Classification(
        system=system,
        number=(newest or 0) + 1,
        answers=text,
        answers_digest=chain.digest(text.encode()),
        tier=result.tier,
        tier_before=system.risk_tier,
        result=codec.canonical(result).decode(),
        waits_for="\n".join(_waits_for(system, result)),
    )


def _waits_for(system: System, result: rules.Classification) -> list[str]:
    told = [_CLAIMS[claim] for claim in result.claims]
    if rules.higher(system.risk_tier, result.tier):
        before, after = (RiskTier(tier).label.lower() for tier in (system.risk_tier, result.tier))
        told.insert(0, f"It lowers the risk tier from {before} to {after}.")
    return told


def _take_up(actor: Actor, system: System, row: Classification, now: datetime) -> None:
    """Put it into force, or let it wait; a tier that goes up does so in either case."""
    if not row.waits_for:
        _in_force(actor, system, row, now)
        return
    row.state = ClassificationState.PROPOSED
    row.save(force_insert=True)
    _record("classification.proposed", actor, row, **_told(row))
    if rules.higher(row.tier, system.risk_tier):
        _set_tier(actor, system, row)


def _in_force(actor: Actor, system: System, row: Classification, now: datetime) -> None:
    for old in _of(system).filter(state=ClassificationState.IN_FORCE):
        _close(old, ClassificationState.SUPERSEDED)
    row.state, row.took_effect_at = ClassificationState.IN_FORCE, now
    row.save()
    _set_tier(actor, system, row)


def _set_tier(actor: Actor, system: System, row: Classification) -> None:
    told = {**_told(row), "before": system.risk_tier}
    system.risk_tier = row.tier
    system.save(update_fields=["risk_tier"])
    _record("system.classified", actor, row, **told, in_force=row.state == ClassificationState.IN_FORCE)


def _told(row: Classification) -> dict[str, Any]:
    return {
        "tier": row.tier,
        "before": row.tier_before,
        "answers_digest": row.answers_digest,
        "rules_digest": row.rules_digest,
    }


def _of(system: System) -> QuerySet[Classification]:
    return Classification.objects.filter(system=system)


def _proposed(system: System) -> Classification | None:
    return _of(system).filter(state=ClassificationState.PROPOSED).first()


def _held(system_id: uuid.UUID) -> System:
    """The system and the log, so that a permission asked for now is as things are once it is this one's turn."""
    system = System.objects.locked().get(pk=system_id)
    record.hold(system.organisation_id)
    return system


def _locked(classification: Classification) -> tuple[System, Classification]:
    system = _held(classification.system_id)
    return system, _of(system).select_related("answered_by").get(pk=classification.pk)


def _close(row: Classification, state: ClassificationState) -> None:
    row.state = state
    row.save(update_fields=["state", "decided_by", "decided_at", "decision_reason"])


def _still_waiting(row: Classification) -> None:
    if row.state != ClassificationState.PROPOSED:
        raise Conflict(
            f"Classification {row.number} does not wait any more: it is {row.get_state_display().lower()}.",
            code="classification.closed",
        )


def _still_follows(row: Classification, now: datetime) -> None:
    """What is confirmed must be what the questions, the rules and the day still make of the answers."""
    result = rules.classify(given.read(row.answers), now.date())
    read_others = row.rules_digest != questionnaire().digest and not row.recomputed
    if read_others or codec.canonical(result).decode() != row.result:
        raise Conflict(
            "Since this was answered, the questions, the rules or the dates changed what follows. Answer again.",
            code="classification.stale",
        )


_NOT_A_PERSON: Final = "A classification is confirmed or rejected by people. A service account cannot."


def _why_not(actor: Actor, row: Classification) -> str:
    if actor.kind != "person":
        return _NOT_A_PERSON
    if row.answered_by.person_id == actor.person_id:
        return "You answered the questionnaire yourself. Someone else has to confirm it."
    return ""


def _recorded(refusal: Denied) -> Denied:
    refusal.recorded = True
    return refusal


def _record(code: str, actor: Actor, row: Classification, **payload: Any) -> None:
    record.event(
        code,
        organisation_id=row.system.organisation_id,
        system_id=row.system_id,
        subject=row,
        actor=actor,
        classification_id=str(row.pk),
        number=row.number,
        **payload,
    )
