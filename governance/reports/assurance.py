"""What a report says about how evidence came to be: attempts, reproductions, plans that were loosened."""

from collections.abc import Iterator

from audits.models import Deviation, DeviationState
from governance.gates import evidence, locks
from governance.gates.spec import RunFacts
from governance.reports.material import Material
from governance.reports.records import LoosenedPlan
from governance.reports.values import Cited, Fact, State, Statement

STATES = {
    DeviationState.OPEN: State.WAITING,
    DeviationState.ACCEPTED: State.PASSED,
    DeviationState.REFUSED: State.FAILED,
}


def attempts(material: Material, log: str) -> tuple[Fact, ...]:
    """Which attempt on its test set each counted run is, over all versions, and how far it can be relied on."""
    found: list[Fact] = []
    for run in material.runs:
        on = str(run.run.plan.dataset_version)
        number = Cited(run.facts.attempt or None, log, "attempts", reason="not known")
        found.append(Fact(f"Attempts on {on} up to the audit that counts, over all versions", number=number))
        found.append(Fact(f"Assurance of the audit on {on}", text=level(material, run.facts)))
    if any(
        locks.measured_on_training_data(material.dossier, plan)
        for plan in evidence.current_plans(material.dossier)
    ):
        found.append(Fact("Test data", text="The version was made from data that it was measured on."))
    return tuple(found)


def level(material: Material, run: RunFacts) -> str:
    """The level of a run, with who made it again."""
    found = evidence.assurance(material.dossier, run)
    made = [row for row in material.dossier.reproductions if row.original == run.id]
    if found.mismatches:
        return f"{found.level}; made again, it came out otherwise"
    names = ", ".join(sorted({material.name(row.by) for row in made}))
    return f"{found.level}, made again by {names}" if names else found.level


def loosened(material: Material, log: str) -> tuple[LoosenedPlan, ...]:
    """Every plan of the version that loosens an earlier one, whatever became of it."""
    rows = Deviation.objects.filter(pk__in=[row.id for row in material.dossier.deviations])
    rows = rows.select_related("opened_by").prefetch_related("votes__voter")
    words = {row.id: "; ".join(row.words) for row in material.dossier.deviations}
    return tuple(
        LoosenedPlan(
            rows=Statement(words[str(row.pk)], (log,)),
            reason=Statement(row.reason, (log,)),
            sealed_by=row.opened_by.display_name,
            at=row.opened_at,
            state=STATES[DeviationState(row.state)],
            said=tuple(_said(row, log)),
        )
        for row in rows.order_by("opened_at", "pk")
    )


def _said(row: Deviation, log: str) -> Iterator[Statement]:
    for vote in row.votes.all():
        word = "accepted" if vote.verdict == "approve" else "refused"
        told = f"{vote.voter.display_name} ({vote.get_role_display().lower()}) {word} it"
        yield Statement(f"{told}: {vote.comment}" if vote.comment.strip() else f"{told}.", (log,))
