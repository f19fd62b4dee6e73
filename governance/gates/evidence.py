"""Which runs count as evidence. A run that somebody did not like is not undone by another try.

Of the plans sealed for one dataset the newest counts, save those that loosen an earlier one and are not accepted (yet).
Of its runs, those of the newest code version; among these the worst: another seed does not undo a failure, nor turn too
little data into enough. A run that could not be measured (`errored`) says nothing about the model, so a later one
replaces it. A run made again by somebody else never stands in for the original, unless it came out worse.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from governance.gates.levels import MEASURED, REPRODUCED
from governance.gates.memory import once
from governance.gates.spec import Dossier, PlanFacts, ReproductionFacts, RunFacts

FINISHED = ("passed", "failed", "insufficient", "errored")
_WORST_FIRST = ("failed", "insufficient", "passed")
_PENDING = ("open", "refused")


@once
def current_plans(dossier: Dossier) -> tuple[PlanFacts, ...]:
    """The plan that counts for each dataset, oldest first."""
    return current(dossier.plans)


def current(plans: Iterable[PlanFacts]) -> tuple[PlanFacts, ...]:
    """Of plans of one version the newest for each dataset; a deviation that waits or was refused is passed over."""
    newest: dict[str, PlanFacts] = {}
    for plan in sorted(plans, key=_age):
        if plan.deviation not in _PENDING:
            # Before datasets were told apart from their versions, each version had a plan of its own.
            newest[plan.dataset or plan.dataset_version] = plan
    return tuple(sorted(newest.values(), key=_age))


def _age(plan: PlanFacts) -> tuple[object, str]:
    return plan.sealed_at, plan.id


@once
def counted(dossier: Dossier) -> tuple[RunFacts, ...]:
    """The one run that counts for each current plan that has a finished run."""
    runs = (counted_run(dossier, plan) for plan in current_plans(dossier))
    return tuple(run for run in runs if run is not None)


def counted_run(dossier: Dossier, plan: PlanFacts) -> RunFacts | None:
    """The run that speaks for a plan, or None while it has none that ended."""
    return _spoken_for(dossier)[plan.id]


@once
def _spoken_for(dossier: Dossier) -> Mapping[str, RunFacts | None]:
    return {plan.id: speaks_for(plan, dossier.runs) for plan in dossier.plans}


def speaks_for(plan: PlanFacts, runs: Iterable[RunFacts]) -> RunFacts | None:
    """Of some runs the one that speaks for a plan."""
    ended = [run for run in runs if run.plan == plan.id and run.state in FINISHED and run.finished_at]
    ended.sort(key=lambda run: (run.finished_at, run.id), reverse=True)  # newest first
    originals = [run for run in ended if not run.reproduces]
    if not originals:
        return None
    newest = {run.id for run in originals if run.code_version == originals[0].code_version}
    measured = [run for run in ended if {run.id, run.reproduces} & newest and run.state != "errored"]
    if not measured:
        return originals[0]
    # Of those that are equally bad the planned original speaks: it is the one that people have read.
    return min(
        measured,
        key=lambda run: (_WORST_FIRST.index(run.state), _other_seed(plan, run), bool(run.reproduces)),
    )


def locked(dossier: Dossier, run: RunFacts) -> bool:
    """Whether metric, bar, data and seed were sealed before the run was asked for; otherwise it is exploratory."""
    plan = plan_of(dossier, run)
    return plan is not None and plan.sealed_at <= run.requested_at and not _other_seed(plan, run)


def plan_of(dossier: Dossier, run: RunFacts) -> PlanFacts | None:
    """The plan of a run."""
    return _plans(dossier).get(run.plan)


@once
def _plans(dossier: Dossier) -> Mapping[str, PlanFacts]:
    return {plan.id: plan for plan in dossier.plans}


def _other_seed(plan: PlanFacts, run: RunFacts) -> bool:
    """Whether a run has another seed than its plan; plans of the time before seeds were sealed have none."""
    return plan.seed is not None and run.seed != plan.seed


def attempts(dossier: Dossier) -> int:
    """How many runs ended for this version, whatever came out, on whatever plan."""
    return sum(run.state in FINISHED and not run.reproduces for run in dossier.runs)


@dataclass(frozen=True)
class Assurance:
    """How far a run can be relied on, and the runs by which somebody else came to another result."""

    level: str
    mismatches: tuple[ReproductionFacts, ...] = ()


def assurance(dossier: Dossier, run: RunFacts) -> Assurance:
    """The level of a run. One mismatch keeps it from being reproduced, whatever matched before or after."""
    return _assurances(dossier)[run.id]


@once
def _assurances(dossier: Dossier) -> Mapping[str, Assurance]:
    return {run.id: _assurance(dossier, run) for run in dossier.runs}


def _assurance(dossier: Dossier, run: RunFacts) -> Assurance:
    made_again = [row for row in dossier.reproductions if row.original == run.id]
    mismatches = tuple(row for row in made_again if not row.matched)
    confirmed = [row for row in made_again if row.matched and row.by not in producers(dossier, run)]
    reached = run.level == MEASURED and bool(confirmed) and not mismatches
    return Assurance(REPRODUCED if reached else run.level, mismatches)


def producers(dossier: Dossier, run: RunFacts) -> frozenset[str]:
    """Everybody who had a part in a run: starter, sealer, the version's author, author and owner of the test data."""
    plan = plan_of(dossier, run)
    data = {
        person
        for dataset in dossier.datasets
        if plan is not None and dataset.id == plan.dataset_version
        for person in (dataset.author, dataset.owner)
    }
    author = {dossier.version.author} if dossier.version else set()
    return frozenset({run.starter} | ({plan.sealer} if plan else set()) | author | data)


def reproducers(dossier: Dossier) -> frozenset[str]:
    """Who made the runs that count again: they produced evidence too."""
    runs = {run.id for run in counted(dossier)}
    return frozenset(row.by for row in dossier.reproductions if row.original in runs)
