"""Who took part in something, and therefore may not judge it; and whether enough others are left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Callable

from assay_client.decide import evidence, subject
from assay_client.decide.facts import Fact


def _author(dossier: Fact) -> set[str]:
    return {dossier.version.author} if dossier.version else set()


def _committers(dossier: Fact) -> set[str]:
    return set(dossier.version.committers) if dossier.version else set()


def _owners_of_data(dossier: Fact) -> set[str]:
    return {one.owner for one in dossier.datasets}


def _authors_of_data(dossier: Fact) -> set[str]:
    return {one.author for one in dossier.datasets} | _owners_of_data(dossier)


def _producers(dossier: Fact) -> set[str]:
    return {run.starter for run in dossier.runs} | {plan.sealer for plan in dossier.plans}


def _starters(dossier: Fact) -> set[str]:
    counted = evidence.counted(dossier)
    plans = {run.plan for run in counted}
    return {run.starter for run in counted} | {plan.sealer for plan in dossier.plans if plan.id in plans}


def _requester(dossier: Fact) -> set[str]:
    step = subject.step_of(dossier) if dossier.step else None
    asked = [one for one in dossier.requests if one.subject.step == step]
    newest = max(asked, key=lambda one: (one.requested_at, one.id), default=None)
    return {newest.requester} if newest else set()


def _waived(dossier: Fact) -> set[str]:
    step = subject.step_of(dossier) if dossier.step else None
    return {one.requester for one in subject.live_waivers(dossier) if one.step == step}


def _editors(dossier: Fact) -> set[str]:
    return set(dossier.policy.editors) if dossier.policy else set()


def _owner(dossier: Fact) -> set[str]:
    return {dossier.system.owner}


def _writers(dossier: Fact) -> set[str]:
    return {one.author for one in dossier.documents}


# What a policy may name under `exclude`.
PARTS: Mapping[str, Callable[[Fact], set[str]]] = {
    "version_author": _author,
    "dataset_author": _authors_of_data,
    "dataset_owner": _owners_of_data,
    "committer": _committers,
    "evidence_producer": _producers,
    "run_starter": _starters,
    "requester": _requester,
    "waiver_requester": _waived,
    "policy_editor": _editors,
    "system_owner": _owner,
    "document_author": _writers,
}


def excluded(dossier: Fact, parts: Sequence[str]) -> set[str]:
    """Whoever took one of these parts, and whoever acts for one of them."""
    found: set[str] = set()
    for part in parts:
        found |= PARTS[part](dossier)
    return found | evidence.delegates(dossier, found)


def enough(
    holders: Sequence[Fact], seats: Mapping[str, int], barred: set[str], cast: Mapping[str, str]
) -> bool:
    """Whether the seats that are not taken yet could all be taken by different people who may vote.

    `cast` says of everybody who has spoken already in which role, or in none. By Hall: no set of roles has more open
    seats than there are people for it; the roles are few.
    """
    able: dict[str, set[str]] = {}
    for one in holders:
        if not one.principal and one.role in seats and one.person not in barred and one.person not in cast:
            able.setdefault(one.role, set()).add(one.person)
    spoken = list(cast.values())
    owed = {role: max(count - spoken.count(role), 0) for role, count in seats.items()}
    roles = [role for role, count in owed.items() if count]
    for chosen in range(1, 1 << len(roles)):
        among = [role for number, role in enumerate(roles) if chosen >> number & 1]
        people: set[str] = set().union(*(able.get(role, set()) for role in among))
        if len(people) < sum(owed[role] for role in among):
            return False
    return True
