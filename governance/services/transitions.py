"""Steps of the lifecycle: taken by one function from every door, or refused with every reason.

Five beats in one transaction with the row locked: guard, change, record, advance, announce. The log is held from
before the facts are read until the end, so no fact changes between the decision and the step. A refusal is evidence
too: it commits with its decision, and is raised afterwards.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from governance import lifecycle
from governance.dossier import Gathered, gather_system, gather_version
from governance.gates import codec
from governance.gates.spec import GateDecision, Step
from governance.lifecycle import Transition
from governance.models import Decision
from governance.services import asking, questions, reviews
from registry import queue
from registry.access import check
from registry.actors import Actor
from registry.errors import Denied, GateRefused, Invalid, NotFound, TransitionNotAllowed
from registry.ledger import record
from registry.models import ModelVersion, System

MAX_REASON: Final = 2000
ASSAY: Final = "system"  # the kind of actor that Assay itself is: it sees everything, and may take few steps


@dataclass(frozen=True)
class _Kind:
    """What differs between a step of a system and one of a model version."""

    subject: str
    model: type[Any]
    system: Callable[[Any], System]
    gather: Callable[[Any], Gathered]


_SYSTEM = _Kind(lifecycle.SYSTEM, System, lambda system: system, gather_system)
_VERSION = _Kind(lifecycle.MODEL_VERSION, ModelVersion, lambda version: version.model.system, gather_version)


@dataclass(frozen=True)
class Option:
    """A step somebody might take: whether they may now, and if not, why."""

    transition: Transition
    permitted: bool
    decided: GateDecision | None

    @property
    def possible(self) -> bool:
        """Whether asking for it now would succeed."""
        return self.permitted and (self.decided is None or self.decided.allows)


def request(*, actor: Actor, version: ModelVersion, to: str, reason: str = "") -> ModelVersion:
    """Move a model version one step, or raise GateRefused with every finding."""
    moved: ModelVersion = _request(_VERSION, actor, version, to, reason)
    return moved


def request_system(*, actor: Actor, system: System, to: str, reason: str = "") -> System:
    """Move a system one step, or raise GateRefused with every finding."""
    moved: System = _request(_SYSTEM, actor, system, to, reason)
    return moved


def options(actor: Actor, version: ModelVersion) -> list[Option]:
    """Every step from where the version stands, decided by the function that decides when it is asked for."""
    return _options(_VERSION, actor, version)


def options_system(actor: Actor, system: System) -> list[Option]:
    """Every step from where the system stands."""
    return _options(_SYSTEM, actor, system)


def _request(kind: _Kind, actor: Actor, subject: Any, to: str, reason: str) -> Any:
    with record.transaction():
        subject, row = _guarded(kind, actor, subject, to, reason)
        gathered = _gathered(kind, subject, row)
        _still_permitted(actor, subject, row)
        decision, decided = _decided(kind, actor, subject, gathered)
        if decided is not None and not decided.allows:
            _record("transition.refused", kind, actor, subject, row, decision, reason)
        else:
            _change(subject, row)
            _record("transition.completed", kind, actor, subject, row, decision, reason)
            # Others will ask about this soon, and want to see it signed.
            queue.enqueue(queue.ISSUE_CHECKPOINT, organisation_id=str(kind.system(subject).organisation_id))
            _advance(kind, actor, subject, row, gathered)
    if decision is not None and decided is not None and not decided.allows:
        raise _refusal(subject, row, decision, decided)
    return subject


def _guarded(kind: _Kind, actor: Actor, subject: Any, to: str, reason: str) -> tuple[Any, Transition]:
    """The row, locked, and the step; or why there is none."""
    locked = kind.model.objects.locked().get(pk=subject.pk)
    _see(actor, locked)
    row = lifecycle.find(kind.subject, locked.stage, to)
    if row is None:
        known = ", ".join(step.to_stage for step in lifecycle.steps_from(kind.subject, locked.stage))
        raise TransitionNotAllowed(
            f"There is no step from {locked.stage} to {to}. From here: {known or 'none, this is the end'}."
        )
    _still_permitted(actor, locked, row)
    if len(reason) > MAX_REASON:
        raise Invalid(f"A reason has at most {MAX_REASON} characters.", errors=[("reason", "too long")])
    if row.gate is None and not reason.strip():
        # Where no gate asks for evidence, the log at least says why.
        raise Invalid("This step needs a reason.", errors=[("reason", "required")])
    return locked, row


def _see(actor: Actor, subject: Any) -> None:
    if (
        actor.kind != ASSAY
        and not type(subject)._default_manager.filter(pk=subject.pk).visible_to(actor).exists()
    ):
        raise NotFound(f"There is no such {subject._meta.verbose_name}.")


def _still_permitted(actor: Actor, subject: Any, row: Transition) -> None:
    """Asked again once the log is held: a role may have been taken away while this waited for it."""
    if not _permitted(actor, subject, row):
        who = "Assay" if actor.kind == ASSAY else "You"
        raise Denied(f"{who} may not take the step {row.name} here.", by=actor, on=subject)


def _permitted(actor: Actor, subject: Any, row: Transition) -> bool:
    if actor.kind == ASSAY:
        return row.by_assay
    rows = type(subject)._default_manager.filter(pk=subject.pk)
    return any(rows.allowing(actor, permission).exists() for permission in row.permissions)


def _gathered(kind: _Kind, subject: Any, row: Transition) -> Gathered | None:
    """The facts of a step with a gate, with the log held so that they stay so."""
    if row.gate is None:
        return None
    # Rows first, the log last: as voters do.
    list(questions.of_step(subject, row.to_stage).locked())
    if kind is _VERSION:
        reviews.lock(subject)
    record.hold(kind.system(subject).organisation_id)
    return kind.gather(subject).about(_step(row))


def _decided(
    kind: _Kind, actor: Actor, subject: Any, gathered: Gathered | None
) -> tuple[Decision | None, GateDecision | None]:
    if gathered is None:
        return None, None
    system = kind.system(subject)
    decided = asking.made(gathered)
    version = subject if kind is _VERSION else None
    kept = asking.keep(actor=actor, system=system, version=version, gathered=gathered, decided=decided)
    return kept, decided


def _change(subject: Any, row: Transition) -> None:
    subject.stage = row.to_stage
    subject.save(update_fields=["stage"])


def _record(
    code: str,
    kind: _Kind,
    actor: Actor,
    subject: Any,
    row: Transition,
    decision: Decision | None,
    reason: str,
) -> None:
    system = kind.system(subject)
    name = "held" if code == "transition.refused" else "moved"
    record.event(
        code,
        organisation_id=system.organisation_id,
        system_id=system.pk,
        subject=subject,
        actor=actor,
        from_stage=str(row.from_stage),
        to_stage=str(row.to_stage),
        decision_id=str(decision.pk) if decision else None,
        reason=reason,
        **{name: str(subject) if kind is _VERSION else system.slug},
    )


def _advance(kind: _Kind, actor: Actor, subject: Any, row: Transition, gathered: Gathered | None) -> None:
    """Close the approval request that this step has used up, and set the day of the next review."""
    if gathered is not None:
        questions.use_up(actor, subject, row.to_stage, gathered)
    if kind is _VERSION:
        reviews.after_step(actor=actor, version=subject, step=row, gathered=gathered)


def _refusal(subject: Any, row: Transition, decision: Decision, decided: GateDecision) -> GateRefused:
    unmet = [finding for finding in decided.findings if finding.blocks]
    return GateRefused(
        f"{subject} stays at {row.from_stage}: {len(unmet)} of {len(decided.findings)} requirements are open."
        f" First: {unmet[0].sentence}",
        findings=[codec.whole(finding) for finding in decided.findings],
        decision_id=str(decision.pk),
    )


def _options(kind: _Kind, actor: Actor, subject: Any) -> list[Option]:
    gathered = kind.gather(subject)
    stage = gathered.dossier.version.stage if gathered.dossier.version else gathered.dossier.system.stage
    held = check.held(actor, subject)
    return [
        Option(
            row,
            not held.isdisjoint(row.permissions),
            asking.made(gathered.about(_step(row))) if row.gate is not None else None,
        )
        for row in lifecycle.steps_from(kind.subject, stage)
    ]


def _step(row: Transition) -> Step:
    return Step(row.subject, str(row.from_stage), str(row.to_stage))
