"""Which runs speak for a version, how far they can be relied on, and whether a loosened plan was accepted.

For each dataset the newest plan counts, unless what it loosens waits or was refused. Of the runs on it, those of the
newest code; of these the worst. A run that errored gives way to one that did not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from assay_client.decide.facts import Fact

LEVELS = ("attested", "uploaded", "measured", "reproduced")
DEFAULT_SEATS: Mapping[str, int] = {"validator": 1, "compliance_officer": 1}
_ENDED = ("passed", "failed", "insufficient", "errored")
_RANK = {"failed": 0, "insufficient": 1, "passed": 2}


def current_plans(dossier: Fact) -> list[Fact]:
    """The plan that counts for each dataset, oldest first."""
    chosen: dict[str, Fact] = {}
    for plan in sorted(dossier.plans, key=_age):
        if plan.deviation not in ("open", "refused"):
            chosen[plan.dataset or plan.dataset_version] = plan
    return sorted(chosen.values(), key=_age)


def _age(plan: Fact) -> tuple[Any, str]:
    return plan.sealed_at, plan.id


def speaks(dossier: Fact, plan: Fact) -> Fact | None:
    """The run that counts for a plan."""
    ended: list[Fact] = [
        run for run in dossier.runs if run.plan == plan.id and run.state in _ENDED and run.finished_at
    ]
    ended.sort(key=lambda run: (run.finished_at, run.id), reverse=True)
    originals = [run for run in ended if not run.reproduces]
    if not originals:
        return None
    newest = {run.id for run in originals if run.code_version == originals[0].code_version}
    usable = [
        run for run in ended if run.state != "errored" and (run.id in newest or run.reproduces in newest)
    ]
    if not usable:
        return originals[0]
    # min keeps the first of equals, and the newest come first.
    return min(usable, key=lambda run: (_RANK[run.state], reseeded(plan, run), run.reproduces != ""))


def counted(dossier: Fact) -> list[Fact]:
    """The runs that count, one for each plan that has one."""
    found = (speaks(dossier, plan) for plan in current_plans(dossier))
    return [run for run in found if run is not None]


def plan_of(dossier: Fact, run: Fact) -> Fact | None:
    """The plan of a run; of two with one number the last."""
    found = [plan for plan in dossier.plans if plan.id == run.plan]
    return found[-1] if found else None


def locked(dossier: Fact, run: Fact) -> bool:
    """Whether everything was sealed before the run was asked for."""
    plan = plan_of(dossier, run)
    return plan is not None and plan.sealed_at <= run.requested_at and not reseeded(plan, run)


def reseeded(plan: Fact, run: Fact) -> bool:
    """Whether a run has another seed than was sealed."""
    return plan.seed is not None and run.seed != plan.seed


def level_of(dossier: Fact, run: Fact) -> tuple[str, bool]:
    """How far a run can be relied on, and whether somebody came to another result."""
    again = [row for row in dossier.reproductions if row.original == run.id]
    other = any(not row.matched for row in again)
    outsiders = {row.by for row in again if row.matched} - _producers(dossier, run)
    if run.level == "measured" and outsiders and not other:
        return "reproduced", False
    return run.level, other


def reaches(level: str, wanted: str) -> bool:
    """Whether a level is at least the wanted one."""
    return level in LEVELS and LEVELS.index(level) >= LEVELS.index(wanted)


def _producers(dossier: Fact, run: Fact) -> set[str]:
    found = {run.starter}
    plan = plan_of(dossier, run)
    if plan is not None:
        found.add(plan.sealer)
        for dataset in dossier.datasets:
            if dataset.id == plan.dataset_version:
                found |= {dataset.author, dataset.owner}
    if dossier.version is not None:
        found.add(dossier.version.author)
    return found


def accepting(dossier: Fact, deviation: Fact, seats: Mapping[str, int]) -> tuple[int, bool]:
    """How many people's acceptance of a loosened plan counts, and whether it is enough and nobody is against it."""
    barred = _parties(dossier, deviation)
    last: dict[str, Fact] = {}
    for vote in sorted(dossier.deviation_votes, key=lambda vote: (vote.voted_at, vote.voter)):
        about = vote.deviation == deviation.id and vote.digest == deviation.digest
        if about and vote.entitled and vote.voter not in barred:
            last[vote.voter] = vote
    approving = [vote.role for vote in last.values() if vote.verdict == "approve"]
    against = any(vote.verdict == "reject" for vote in last.values())
    enough = not against and all(approving.count(role) >= count for role, count in seats.items())
    return len(approving), enough


def _parties(dossier: Fact, deviation: Fact) -> set[str]:
    """Everybody who had a part in either plan or in this version, and whoever acts for one of them."""
    plans = {deviation.old_plan, deviation.new_plan}
    found = {deviation.sealer}
    found |= {plan.sealer for plan in dossier.plans if plan.id in plans}
    found |= {run.starter for run in dossier.runs if not run.reproduces}
    if dossier.version is not None:
        found.add(dossier.version.author)
    return found | delegates(dossier, found)


def delegates(dossier: Fact, people: Iterable[str]) -> set[str]:
    """Whoever acts for one of these people."""
    bound = set(people)
    return {holder.person for holder in dossier.holders if holder.principal in bound}
