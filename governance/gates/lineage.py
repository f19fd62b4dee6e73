"""Who did what, and therefore may not judge it. Derived from the facts, never from a permission."""

from collections.abc import Callable
from typing import Final

from governance.gates import evidence
from governance.gates.spec import Dossier


def _version_author(dossier: Dossier) -> set[str]:
    return {dossier.version.author} if dossier.version else set()


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


def _system_owner(dossier: Dossier) -> set[str]:
    return {dossier.system.owner}


def _document_author(dossier: Dossier) -> set[str]:
    return {document.author for document in dossier.documents}


# What a policy may name under `exclude`, and what a person who may not vote is told.
ROLES_IN_LINEAGE: Final[dict[str, tuple[str, Callable[[Dossier], set[str]]]]] = {
    "version_author": ("registered this version", _version_author),
    "dataset_author": ("registered its data", _dataset_author),
    "run_starter": ("planned or started the audit that counts", _run_starter),
    "requester": ("asked for this approval", _requester),
    "system_owner": ("owns the system", _system_owner),
    "document_author": ("wrote a document of it", _document_author),
}


def excluded(dossier: Dossier, names: tuple[str, ...]) -> dict[str, str]:
    """Every person who may not vote, with the first reason why."""
    found: dict[str, str] = {}
    for name in names:
        words, people = ROLES_IN_LINEAGE[name]
        for person in people(dossier):
            found.setdefault(person, words)
    return found
