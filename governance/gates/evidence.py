"""Which runs count as evidence. A run that somebody did not like is not undone by another try.

Of the plans sealed for one dataset version the newest counts. Of its runs, those of the newest code version; among
these the worst: another seed does not undo a failure, nor turn too little data into enough. A run that could not
be measured (`errored`) says nothing about the model, so a later one replaces it.
"""

from governance.gates.memory import once
from governance.gates.spec import Dossier, PlanFacts, RunFacts

FINISHED = ("passed", "failed", "insufficient", "errored")
_WORST_FIRST = ("failed", "insufficient", "passed")


@once
def current_plans(dossier: Dossier) -> tuple[PlanFacts, ...]:
    """The newest plan of each dataset version, oldest first."""
    newest: dict[str, PlanFacts] = {}
    for plan in sorted(dossier.plans, key=lambda plan: (plan.sealed_at, plan.id)):
        newest[plan.dataset_version] = plan
    return tuple(sorted(newest.values(), key=lambda plan: (plan.sealed_at, plan.id)))


@once
def counted(dossier: Dossier) -> tuple[RunFacts, ...]:
    """The one run that counts for each current plan that has a finished run."""
    runs = (counted_run(dossier, plan) for plan in current_plans(dossier))
    return tuple(run for run in runs if run is not None)


def counted_run(dossier: Dossier, plan: PlanFacts) -> RunFacts | None:
    """The run that speaks for a plan, or None while it has none that ended."""
    ended = [run for run in dossier.runs if run.plan == plan.id and run.state in FINISHED and run.finished_at]
    ended.sort(key=lambda run: (run.finished_at, run.id), reverse=True)  # newest first
    if not ended:
        return None
    measured = [run for run in ended if run.code_version == ended[0].code_version and run.state != "errored"]
    if not measured:
        return ended[0]
    return min(measured, key=lambda run: _WORST_FIRST.index(run.state))


def sealed_first(dossier: Dossier, run: RunFacts) -> bool:
    """Whether the plan was sealed before the run was asked for; otherwise the run is exploratory."""
    plan = next((plan for plan in dossier.plans if plan.id == run.plan), None)
    return plan is not None and plan.sealed_at <= run.requested_at


def attempts(dossier: Dossier) -> int:
    """How many runs ended for this version, whatever came out, on whatever plan."""
    return sum(run.state in FINISHED for run in dossier.runs)
