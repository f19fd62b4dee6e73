"""What people sign about single obligations: that one is met where a person must judge, or that it does not apply."""

from typing import Final

from django.db.models import Max

from governance.dossier import gather_system
from governance.frameworks.catalogue import framework_of
from governance.gates import coverage
from governance.gates.duties import ObligationFacts
from governance.gates.requirements.approvals import VOTING_ROLES
from governance.gates.spec import Dossier
from governance.models import ObligationDecision, ObligationState
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.ledger import record
from registry.models import System
from registry.stages import Role

MAX_REASON: Final = 2000
HUMAN: Final = "human"


def decide(
    *,
    actor: Actor,
    system: System,
    obligation: str,
    state: ObligationState,
    reason: str,
    role: Role | None = None,
) -> ObligationDecision:
    """Sign how an obligation stands for a system. The word is about its text and documents as they are now."""
    reason = reason.strip()
    if not reason:
        raise Invalid("Say what you looked at, and why it is so.", errors=[("reason", "required")])
    if len(reason) > MAX_REASON:
        raise Invalid(f"A reason has at most {MAX_REASON} characters.", errors=[("reason", "too long")])
    refused = ""
    with record.transaction():
        check.require(actor, "vote", system)
        system = System.objects.locked().get(pk=system.pk)
        dossier, one = _asked(system, obligation)
        _sayable(one, state)
        held = _role(actor, system, role)
        refused = why_not(actor, dossier, one)
        if not refused:
            return _signed(actor, system, one, state, reason, held, coverage.basis(dossier, one, state))
        record.event(
            "obligation.refused",
            organisation_id=system.organisation_id,
            system_id=system.pk,
            subject=system,
            actor=actor,
            framework=_framework(obligation),
            obligation=obligation,
            why=refused,
        )
    # Raised after the attempt is committed: to try to judge one's own work is something a log should tell.
    refusal = Denied(refused, code="obligation.excluded")
    refusal.recorded = True
    raise refusal


def why_not(actor: Actor, dossier: Dossier, one: ObligationFacts) -> str:
    """What keeps an actor from signing about an obligation, in a sentence; empty: nothing."""
    if actor.kind != "person":
        return "Obligations are signed by people. A service account cannot."
    if actor.person_id in coverage.authors(dossier, one):
        return "You wrote a document that is evidence for it. Someone else has to sign."
    return ""


def _framework(obligation: str) -> str:
    found = framework_of(obligation)
    if found is None:
        raise NotFound("There is no such obligation.")
    return found.id


def _asked(system: System, obligation: str) -> tuple[Dossier, ObligationFacts]:
    name = _framework(obligation)
    dossier = gather_system(system, frameworks=(name,)).dossier
    found = next(one for one in dossier.frameworks if one.id == name)
    if not found.settled:
        raise Conflict(
            f"What {found.name} asks of this system is not known before it is classified.",
            code="obligation.unsettled",
        )
    one = next((one for one in found.obligations if one.id == obligation), None)
    if one is None:
        raise Conflict(
            "By its classification this obligation does not concern the system.", code="obligation.of_others"
        )
    return dossier, one


def _sayable(one: ObligationFacts, state: ObligationState) -> None:
    if state == ObligationState.MET and one.level != HUMAN:
        raise Invalid(
            "That this obligation is met is shown by its evidence; nobody can sign it. You may sign that it does not"
            " apply.",
            errors=[("state", "shown by evidence")],
        )


def _role(actor: Actor, system: System, wanted: Role | None) -> Role:
    """The role it is signed in: the one named, or the first that votes."""
    held = facts.roles_of(actor.user.pk, system)
    able = [role for name in VOTING_ROLES if (role := Role(name)) in held]
    if wanted is None and able:
        return able[0]
    if wanted is None or wanted not in able:
        raise Denied("You hold no role here in which you could sign this.", code="obligation.no_role")
    return wanted


def _signed(
    actor: Actor,
    system: System,
    one: ObligationFacts,
    state: ObligationState,
    reason: str,
    role: Role,
    basis: str,
) -> ObligationDecision:
    rows = ObligationDecision.objects.filter(system=system, obligation=one.id)
    created = ObligationDecision.objects.create(
        system=system,
        framework=_framework(one.id),
        obligation=one.id,
        number=(rows.aggregate(n=Max("number"))["n"] or 0) + 1,
        state=state,
        reason=reason,
        basis_digest=basis,
        role=role,
        decided_by=actor.user,
    )
    record.event(
        "obligation.decided",
        organisation_id=system.organisation_id,
        system_id=system.pk,
        subject=created,
        actor=actor,
        obligation_decision_id=str(created.pk),
        framework=created.framework,
        obligation=created.obligation,
        number=created.number,
        state=str(state),
        role=str(role),
        basis_digest=basis,
        reason=reason,
    )
    return created
