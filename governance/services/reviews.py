"""Periodic reviews: the day on which a version in production is to be reviewed, set by steps and by policies.

A day once set moves to an earlier one when another policy asks for that, and to a later one only by a review (G7), or
by entering production anew through its gate.
"""

from datetime import datetime, timedelta

from governance import lifecycle
from governance.dossier import Gathered
from governance.gates.dates import Reviewing
from governance.gates.policy import parse
from governance.lifecycle import Transition
from governance.models import ReviewDue
from registry.actors import Actor
from registry.errors import Invalid
from registry.ledger import record
from registry.models import ModelVersion, Organisation
from registry.stages import RiskTier


def lock(version: ModelVersion) -> None:
    """Take the row before the log is held: everyone locks rows first and the log last."""
    list(ReviewDue.objects.locked().filter(model_version=version))


def after_step(*, actor: Actor, version: ModelVersion, step: Transition, gathered: Gathered | None) -> None:
    """Set the next day when a version enters production or was reviewed; forget it when it leaves.

    To move on to monitoring is no review and has no gate that gathers facts, so it keeps the day.
    """
    if step.to_stage not in lifecycle.DEPLOYED:
        ReviewDue.objects.filter(model_version=version).delete()
        return
    if gathered is None:
        return
    asked, now = rhythm(gathered.policy_body), gathered.dossier.now
    due_at = now + timedelta(days=asked.every_days) if asked else None
    ReviewDue.objects.update_or_create(model_version=version, defaults={"since": now, "due_at": due_at})
    if due_at is not None:
        _record(actor, version, due_at)


def rhythm(policy_body: str) -> Reviewing | None:
    """How often a policy asks for a review; not at all where there is no policy that can be read."""
    try:
        found: Reviewing | None = parse(policy_body).part("review") if policy_body else None
    except Invalid:
        return None
    return found


def tighten(*, actor: Actor, organisation: Organisation, tier: RiskTier | str, policy_body: str) -> int:
    """Move the days of a tier's versions to the earlier ones that a policy asks for; how many moved."""
    asked = rhythm(policy_body)
    if asked is None:
        return 0
    moved = 0
    with record.transaction():
        rows = ReviewDue.objects.locked().filter(
            model_version__model__system__organisation=organisation,
            model_version__model__system__risk_tier=tier,
        )
        for row in rows.select_related("model_version__model__system").order_by("pk"):
            earlier = row.since + timedelta(days=asked.every_days)
            if row.due_at is None or earlier < row.due_at:
                row.due_at = earlier
                row.save(update_fields=["due_at"])
                _record(actor, row.model_version, earlier)
                moved += 1
    return moved


def _record(actor: Actor, version: ModelVersion, due_at: datetime) -> None:
    system = version.model.system
    record.event(
        "review.scheduled",
        organisation_id=system.organisation_id,
        system_id=system.pk,
        subject=version,
        actor=actor,
        scheduled=str(version),
        due_at=due_at.isoformat(timespec="seconds"),
    )
