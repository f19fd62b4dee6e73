"""Lines of the checklist about how evidence came to be: loosened plans, attempts, data the model has seen."""

from collections.abc import Iterator

from governance.gates import deviations, evidence
from governance.gates.deviations import Seats
from governance.gates.spec import DeviationFacts, Dossier, Finding, PlanFacts, State
from registry.stages import Role

FRESH = "Audit this version on a fresh, unseen version of the test set."


def of_deviations(dossier: Dossier, seats: Seats) -> Iterator[Finding]:
    """A line for each plan that loosens an earlier one of the plans at hand."""
    counting = {plan.id for plan in evidence.current_plans(dossier)}
    for row in dossier.deviations:
        if row.state == "accepted" and row.new_plan in counting:
            yield _accepted(dossier, row, seats)
        elif row.state == "open":
            yield _waiting(dossier, row, seats)
        elif row.state == "refused":
            yield _line(row, State.MET, "It was refused; the earlier plan counts.")


def _accepted(dossier: Dossier, row: DeviationFacts, seats: Seats) -> Finding:
    standing = deviations.standing(dossier, row, seats)
    if standing.enough:
        people = len({vote.voter for vote in standing.accepted})
        return _line(row, State.MET, f"It was accepted by {people} people who had no part in it.")
    sentence = "It was accepted, and the votes that still count are fewer than this policy asks for."
    return _line(row, State.OPEN, sentence, standing.missing)


def _waiting(dossier: Dossier, row: DeviationFacts, seats: Seats) -> Finding:
    """The earlier plan counts meanwhile. A failure on the looser one is a failure all the same."""
    missing = deviations.standing(dossier, row, seats).missing
    plan = next((plan for plan in dossier.plans if plan.id == row.new_plan), None)
    run = evidence.counted_run(dossier, plan) if plan is not None else None
    if run is not None and run.state == "failed":
        sentence = "It waits for acceptance and opens nothing; its audit failed, and a failure counts."
        return _line(row, State.OPEN, sentence, missing)
    replaced = plan is not None and _counts_beside(dossier, plan)
    if replaced:
        sentence = "It waits for acceptance and opens nothing; until then the earlier plan counts."
        return _line(row, State.MET, sentence)
    return _line(
        row, State.OPEN, "It waits for acceptance, and no other plan of this version counts.", missing
    )


def _counts_beside(dossier: Dossier, plan: PlanFacts) -> bool:
    return any(other.dataset == plan.dataset for other in evidence.current_plans(dossier))


def _line(
    row: DeviationFacts, state: State, sentence: str, missing: tuple[tuple[str, int], ...] = ()
) -> Finding:
    owner = missing[0][0] if missing else Role.VALIDATOR.value
    wanted = " and ".join(f"{count} {Role(role).label.lower()}" for role, count in missing)
    clears = (
        f"Have the loosened plan accepted by {wanted or 'others'} who had no part in it, or seal a plan that"
    )
    return Finding(
        code=f"checks.deviation.{row.digest[7:19]}",
        state=state,
        sentence=f"A plan was loosened after results were there ({'; '.join(row.words)}). {sentence}",
        requirement="Criteria set before",
        owner_role=owner,
        clears="" if state is State.MET else f"{clears} loosens nothing.",
    )


def of_attempts(dossier: Dossier, budget: int | None) -> Iterator[Finding]:
    """A line for each counted run: which attempt on its test set it is, over all versions."""
    if budget is None:
        return
    for run in evidence.counted(dossier):
        plan = evidence.plan_of(dossier, run)
        if plan is None:
            continue
        within = 0 < run.attempt <= budget
        told = f"The audit that counts is attempt {run.attempt} on this test set, over all versions of the system"
        sentence = f"{told}; the policy allows {budget}."
        if not within:
            known = "so a pass may be luck" if run.attempt else "and how many came before is not known"
            sentence = f"{told}; the policy allows {budget}, {known}."
        yield Finding(
            code=f"checks.attempts.{plan.digest[7:19]}",
            state=State.MET if within else State.INSUFFICIENT,
            sentence=sentence,
            requirement=f"At most {budget} attempts on a test set",
            owner_role=Role.DATA_STEWARD.value,
            clears="" if within else FRESH,
        )


def of_training_data(dossier: Dossier, unseen: bool) -> Iterator[Finding]:
    """A line for each plan that counts: whether its data are among those the model was made from."""
    if not unseen:
        return
    for plan in evidence.current_plans(dossier):
        seen = measured_on_training_data(dossier, plan)
        sentence = "The test set is not among the data that the model was made from."
        if seen:
            sentence = (
                "The test set is one that the model was made from, so it shows what was learnt by heart."
            )
        yield Finding(
            code=f"checks.unseen.{plan.digest[7:19]}",
            state=State.INSUFFICIENT if seen else State.MET,
            sentence=sentence,
            requirement="Unseen test data",
            owner_role=Role.DATA_STEWARD.value,
            clears=FRESH if seen else "",
        )


def measured_on_training_data(dossier: Dossier, plan: PlanFacts) -> bool:
    """Whether a plan's data are, by name or by bytes, among those the version was made from."""
    tested = {dataset.digest for dataset in dossier.datasets if dataset.id == plan.dataset_version}
    return any(
        dataset.pinned and (dataset.id == plan.dataset_version or dataset.digest in tested)
        for dataset in dossier.datasets
    )
