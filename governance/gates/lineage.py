"""Who did what, and therefore may not judge it. Derived from the facts, never from a permission."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from governance.gates import evidence, live
from governance.gates.memory import once
from governance.gates.spec import Dossier

_TO_YOU: Final = re.compile(r"^(own|act)s\b")


def _version_author(dossier: Dossier) -> set[str]:
    return {dossier.version.author} if dossier.version else set()


def _committer(dossier: Dossier) -> set[str]:
    return set(dossier.version.committers) if dossier.version else set()


def _dataset_owner(dossier: Dossier) -> set[str]:
    return {dataset.owner for dataset in dossier.datasets}


def _evidence_producer(dossier: Dossier) -> set[str]:
    return {run.starter for run in dossier.runs} | {plan.sealer for plan in dossier.plans}


def _dataset_author(dossier: Dossier) -> set[str]:
    return {person for dataset in dossier.datasets for person in (dataset.author, dataset.owner)}


def _run_starter(dossier: Dossier) -> set[str]:
    runs = evidence.counted(dossier)
    plans = {run.plan for run in runs}
    return {run.starter for run in runs} | {plan.sealer for plan in dossier.plans if plan.id in plans}


def _requester(dossier: Dossier) -> set[str]:
    step = dossier.step.name if dossier.step else None
    asked = [request for request in dossier.requests if request.subject.step == step]
    newest = max(asked, key=lambda request: (request.requested_at, request.id), default=None)
    return {newest.requester} if newest else set()


def _waiver_requester(dossier: Dossier) -> set[str]:
    step = dossier.step.name if dossier.step else None
    return {waiver.requester for waiver in live.live(dossier) if waiver.step == step}


def _policy_editor(dossier: Dossier) -> set[str]:
    return set(dossier.policy.editors) if dossier.policy else set()


def _system_owner(dossier: Dossier) -> set[str]:
    return {dossier.system.owner}


def _document_author(dossier: Dossier) -> set[str]:
    return {document.author for document in dossier.documents}


# What a policy may name under `exclude`, and what a person who may not vote is told.
ROLES_IN_LINEAGE: Final[dict[str, tuple[str, Callable[[Dossier], set[str]]]]] = {
    "version_author": ("registered this version", _version_author),
    "dataset_author": ("registered its data", _dataset_author),
    "dataset_owner": ("owns its data", _dataset_owner),
    "committer": ("wrote code of this version", _committer),
    "evidence_producer": ("planned or started an audit of it", _evidence_producer),
    "run_starter": ("planned or started the audit that counts", _run_starter),
    "requester": ("asked for this approval", _requester),
    "waiver_requester": ("asked for a waiver", _waiver_requester),
    "policy_editor": ("wrote or published the policy", _policy_editor),
    "system_owner": ("owns the system", _system_owner),
    "document_author": ("wrote a document of it", _document_author),
}


@once
def excluded(dossier: Dossier, names: tuple[str, ...]) -> Mapping[str, str]:
    """Every person who may not vote, with the first reason why; delegates of such a person are bound like them."""
    found: dict[str, str] = {}
    for name in names:
        words, people = ROLES_IN_LINEAGE[name]
        for person in people(dossier):
            found.setdefault(person, words)
    return with_delegates(dossier, found)


def with_delegates(dossier: Dossier, found: Mapping[str, str]) -> dict[str, str]:
    """These people with what they did, and whoever acts for one of them; what one did oneself comes first."""
    bound = {h.person: found[h.principal] for h in reversed(dossier.holders) if h.principal in found}
    return {**{person: f"acts for someone who {words}" for person, words in bound.items()}, **found}


def to_you(words: str) -> str:
    """What somebody did, said to them: `own its data`."""
    return _TO_YOU.sub(lambda word: word[1], words)
