"""Plans that loosen what was sealed before: found when they are sealed, settled by people who had no part in it.

Criteria may be loosened freely until there are results, or a run that will have some. After that the new plan opens
nothing until others accept it. What was sealed since the last accepted deviation is compared, so that a stricter plan
in between does not wash a looser one.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from audits.checks.strictness import Criteria, Loosening, loosened
from audits.checks.tolerance import Tolerance
from audits.models import AuditRun, CheckPlan, Deviation, DeviationState, RunState
from audits.services import checks as planned_checks
from registry.actors import Actor
from registry.errors import Invalid
from registry.ledger import chain, record

SCHEMA: Final = "assay.deviation/1"
MAX_REASON: Final = 2000
# Results, or runs that will have some. What could not be measured, or was stopped, told nobody anything.
TELLING: Final = (
    RunState.PASSED,
    RunState.FAILED,
    RunState.INSUFFICIENT,
    RunState.RUNNING,
    RunState.QUEUED,
)
# Plans that count for nothing: their deviation was not accepted, or not yet.
PENDING: Final = Q(deviations__state__in=(DeviationState.OPEN, DeviationState.REFUSED))


@dataclass(frozen=True)
class Found:
    """What a plan that is about to be sealed loosens, and of which earlier one."""

    old_plan: CheckPlan
    rows: tuple[Loosening, ...]


def found(plan: CheckPlan, reason: str) -> Found | None:
    """What the plan loosens of those it stands beside, newest first; Invalid when nobody says why."""
    for before, same_question in _bars(plan):
        rows = loosened(criteria(before), criteria(plan), same_question=same_question)
        if rows:
            _require_reason(rows, reason)
            return Found(before, rows)
    return None


def open_(actor: Actor, of: Found | None, plan: CheckPlan, reason: str) -> Deviation | None:
    """Keep what a plan just sealed loosens, in the running transaction."""
    if of is None:
        return None
    rows = [row.as_dict() for row in of.rows]
    return _open(actor, of.old_plan, plan, rows, reason)


def ask_again(actor: Actor, plan: CheckPlan, reason: str) -> Deviation | None:
    """A refused deviation of this plan put to people once more, with a new reason; None where there is none."""
    before = Deviation.objects.filter(new_plan=plan, state=DeviationState.REFUSED).first()
    if before is None or not reason.strip():
        return None
    before.state = DeviationState.ASKED_AGAIN
    before.save(update_fields=["state"])
    return _open(actor, before.old_plan, plan, before.rows, reason)


def settle(*, actor: Actor, deviation: Deviation, state: DeviationState) -> None:
    """Write down what people decided, in the running transaction. Who may is for governance to say."""
    changed = Deviation.objects.filter(pk=deviation.pk, state=DeviationState.OPEN).update(
        state=state, settled_at=Now()
    )
    if changed:
        deviation.refresh_from_db()
        _record(f"deviation.{state.value}", actor, deviation, digest=deviation.digest)


def criteria(plan: CheckPlan) -> Criteria:
    """What decides a verdict under a plan, read from what was sealed."""
    body = json.loads(plan.body)
    tolerance = {name: float(value) for name, value in (body.get("tolerance") or {}).items()}
    return Criteria(
        checks=planned_checks.from_sealed(body["checks"]),
        mapping=body["mapping"],
        dataset=f"{body['inputs']['dataset']} {body['inputs']['columns']}",
        dataset_name=f"{plan.dataset_version} ({body['inputs']['dataset'][:19]}…)",
        seed=body.get("seed"),
        tolerance=Tolerance(**tolerance),
    )


def digest_of(old_plan: CheckPlan, new_plan: CheckPlan, rows: list[dict[str, str]]) -> str:
    """What a vote on a deviation signs."""
    return chain.digest_of(
        {"schema": SCHEMA, "old_plan": old_plan.digest, "new_plan": new_plan.digest, "rows": rows}
    )


def _bars(plan: CheckPlan) -> list[tuple[CheckPlan, bool]]:
    """The plans whose bars hold for a new one: of this version on the same dataset, else of an earlier version."""
    own = CheckPlan.objects.filter(
        model_version=plan.model_version, dataset_version__dataset=plan.dataset_version.dataset
    )
    if _told_anything(own):
        return [(before, True) for before in _since_accepted(own)]
    others = CheckPlan.objects.filter(
        model_version__model=plan.model_version.model,
        dataset_version__artifact__digest=plan.dataset_version.artifact.digest,
    ).exclude(model_version=plan.model_version)
    seen = others.filter(runs__state__in=TELLING).exclude(PENDING).order_by("-sealed_at", "pk").first()
    return [(seen, False)] if seen is not None else []


def _told_anything(rows: "QuerySet[CheckPlan]") -> bool:
    return AuditRun.objects.filter(plan__in=rows.exclude(PENDING), state__in=TELLING).exists()


def _since_accepted(rows: "QuerySet[CheckPlan]") -> list[CheckPlan]:
    """The plans that count, newest first, back to the last one that was accepted as a deviation."""
    counting = list(rows.exclude(PENDING).order_by("-sealed_at", "pk"))
    accepted = set(
        Deviation.objects.filter(new_plan__in=counting, state=DeviationState.ACCEPTED).values_list(
            "new_plan_id", flat=True
        )
    )
    last = next((at for at, plan in enumerate(counting) if plan.pk in accepted), len(counting) - 1)
    return counting[: last + 1]


def _require_reason(rows: tuple[Loosening, ...], reason: str) -> None:
    if len(reason) > MAX_REASON:
        raise Invalid(f"A reason has at most {MAX_REASON} characters.", errors=[("reason", "too long")])
    if not reason.strip():
        listed = "; ".join(row.words for row in rows)
        raise Invalid(
            f"Results are there already, and this plan loosens what was sealed before them: {listed}. Give a reason;"
            " the plan then waits for people who had no part in it.",
            errors=[("reason", "required"), *((row.field, row.words) for row in rows)],
            code="deviation.reason",
        )


def _open(
    actor: Actor, old_plan: CheckPlan, new_plan: CheckPlan, rows: list[dict[str, str]], reason: str
) -> Deviation:
    deviation = Deviation.objects.create(
        old_plan=old_plan,
        new_plan=new_plan,
        rows=rows,
        digest=digest_of(old_plan, new_plan, rows),
        reason=reason.strip(),
        opened_by=actor.user,
    )
    plans = {"old_plan_digest": old_plan.digest, "new_plan_digest": new_plan.digest}
    _record("deviation.opened", actor, deviation, digest=deviation.digest, reason=deviation.reason, **plans)
    return deviation


def _record(event: str, actor: Actor, deviation: Deviation, **payload: Any) -> None:
    system = deviation.new_plan.model_version.model.system
    record.event(
        event,
        organisation_id=system.organisation_id,
        system_id=system.pk,
        subject=deviation,
        actor=actor,
        deviation_id=str(deviation.pk),
        **payload,
    )
