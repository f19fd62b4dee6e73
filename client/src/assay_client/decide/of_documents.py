"""Demands on what people wrote down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assay_client.decide import data, subject, titles, votes
from assay_client.decide.facts import Fact
from assay_client.decide.lines import MET, OPEN, STALE, Line

Params = Mapping[str, Any]
FIELDS = {
    "code_commit": "the code's commit",
    "environment_digest": "the environment's digest",
    "parameters": "the parameters",
    "metrics": "the training metrics",
    "features": "the features",
    "datasets": "the dataset versions it was made from",
}


def documents(dossier: Fact, params: Params) -> Iterator[Line]:
    """Each of these is there, not too old, and whole where that is asked."""
    for kind in params["kinds"]:
        state, words = _document(dossier, kind, params.get("within_days"), params.get("complete", False))
        yield Line(f"documents.{kind}", state, words)


def _document(dossier: Fact, kind: str, days: int | None, whole: bool) -> tuple[str, str]:
    found, name = data.document(dossier, kind), titles.lower(kind)
    if found is None:
        return OPEN, f"There is no {name}."
    if not votes.fresh(found.added_at, days, dossier.now):
        return STALE, f"The {name} is older than {days} days."
    sensitive = any(one.sensitive for one in dossier.datasets)
    lacks = [part for part in found.missing if sensitive or part != "special_categories"]
    if whole and lacks:
        return OPEN, f"The {name} lacks {', '.join(part.replace('_', ' ') for part in lacks)}."
    return MET, f"The {name} is there (number {found.number})."


def training_record(dossier: Fact, params: Params) -> Iterator[Line]:
    """The version says how it came to be."""
    recorded = set(dossier.version.recorded) if dossier.version else set()
    if any(one.pinned for one in dossier.datasets):
        recorded.add("datasets")
    lacks = [FIELDS[name] for name in params["fields"] if name not in recorded]
    words = f"The training record lacks {', '.join(lacks)}." if lacks else "The training record is complete."
    yield Line("training_record", OPEN if lacks else MET, words)


def report(dossier: Fact, params: Params) -> Iterator[Line]:
    """The report tells exactly the facts as they are."""
    kind, basis = params["kind"], subject.basis(dossier)
    words = kind.replace("_", " ")
    mine = [one for one in dossier.reports if one.kind == kind]
    current = next((one for one in mine if one.basis_digest == basis), None)
    if current is not None and _whole(current):
        yield Line(f"report.{kind}", MET, f"The {words} tells the facts as they are now.")
    elif current is not None and current.state == "failed":
        yield Line(f"report.{kind}", OPEN, f"The {words} could not be generated.")
    elif current is not None:
        yield Line(f"report.{kind}", OPEN, f"The {words} is being written.")
    elif any(map(_whole, mine)):
        yield Line(f"report.{kind}", STALE, f"The facts changed since the {words} was generated.")
    else:
        yield Line(f"report.{kind}", OPEN, f"There is no {words}.")


def _whole(found: Fact) -> bool:
    return found.state == "ready" and bool(found.pdf_digest)
