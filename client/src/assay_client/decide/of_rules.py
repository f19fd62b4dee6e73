"""Demands on the classification, on frameworks, and on the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from assay_client.decide import evidence, subject, titles, votes
from assay_client.decide.canonical import digest_of
from assay_client.decide.errors import NotSupported
from assay_client.decide.facts import Fact
from assay_client.decide.lines import MET, OPEN, STALE, Line

Params = Mapping[str, Any]
LEVELS = ("computed", "human", "presence")
_LINES = 25
# How a kind of evidence that is no document is called.
_CALLED = {
    "risk_classification_record": "a classification in force",
    "dataset_datasheet": "the document “Dataset datasheet” and a registered dataset version",
    "training_run_record": "a training record with commit, environment and parameters",
    "data_lineage": "the dataset versions that the version was made from",
    "performance_evaluation": "an audit run that measured performance",
    "bias_audit": "an audit run that measured differences between groups",
    "explainability_report": "an audit run that measured what the model goes by",
    "approval_record": "an approval of this version as it is",
    "validation_report": "a validation report",
    "inventory_entry": "the system's entry in the inventory",
    "change_log": "the log",
}
_MEASURES = {
    "performance_evaluation": "performance",
    "bias_audit": "bias",
    "explainability_report": "explainability",
}


def _in_force(dossier: Fact) -> Fact | None:
    return next((one for one in dossier.classifications if one.state == "in_force"), None)


def classification(dossier: Fact, params: Params) -> Iterator[Line]:
    """One is in force, holds, and is the system's tier; none waits."""
    found, now = _in_force(dossier), dossier.now
    state = MET
    if found is None or not found.intact:
        state = OPEN
    elif (
        found.rules_digest != found.rules_now
        or (found.worse_from is not None and found.worse_from <= now)
        or not votes.fresh(found.answered_at, params.get("within_days"), now)
    ):
        state = STALE
    elif found.tier != dossier.system.tier:
        state = OPEN
    yield Line("classification", state)
    if any(one.state == "proposed" for one in dossier.classifications):
        yield Line("classification.waiting", OPEN)


def ledger(dossier: Fact, params: Params) -> Iterator[Line]:
    """The log was recomputed lately and held; and lies outside where that is asked."""
    last, anchor, now = dossier.log.verification, dossier.log.anchor, dossier.now
    if last is None or not last.holds:
        yield Line("ledger.verified", OPEN)
    else:
        yield Line(
            "ledger.verified", MET if _within(last.at, params["verified_within_hours"], now) else STALE
        )
    hours = params.get("anchored_within_hours")
    if hours is not None:
        since = anchor and (now if anchor.size >= dossier.log.size else anchor.at)
        state = OPEN if since is None else MET if _within(since, hours, now) else STALE
        yield Line("ledger.anchored", state)
    if params.get("anchor_covers_approvals"):
        voted = dossier.log.voted
        covered = bool(voted) and anchor is not None and anchor.size >= voted
        yield Line("ledger.covered", MET if covered else OPEN)


def _within(at: datetime, hours: int, now: datetime) -> bool:
    return now < at + timedelta(hours=hours)


def framework(dossier: Fact, params: Params) -> Iterator[Line]:
    """Every obligation that concerns the system and has begun is shown or signed."""
    code = f"framework.{params['id']}"
    found = next((one for one in dossier.frameworks if one.id == params["id"]), None)
    if found is None or not found.settled:
        name = found.name if found else params["id"]
        why = ": it depends on the classification, and none is in force" if found else ""
        yield Line(code, OPEN, f"What {name} asks for is not known{why}.")
        return
    items, levels = params.get("items", []), params.get("levels", LEVELS)
    asked = [one for one in found.obligations if one.level in levels and (not items or one.id in items)]
    later = [
        one.applies_from for one in asked if one.applies_from is not None and one.applies_from > dossier.now
    ]
    begun = [one for one in asked if one.applies_from is None or one.applies_from <= dossier.now]
    stands = [(one, *_standing(dossier, one)) for one in begun]
    unmet = [(one, state, words) for one, state, words in stands if state != MET]
    known = {one.id for one in found.obligations} | set(found.others)
    unknown = [item for item in items if item not in known]
    yield Line(
        code,
        OPEN if unmet or unknown else MET,
        _summary(found, len(begun), len(unmet) + len(unknown), later),
    )
    for item in unknown:
        yield Line(f"{code}.unknown", OPEN, f"{found.name} has no obligation “{item}”.")
    for one, state, words in unmet[:_LINES]:
        yield Line(f"framework.{one.id}", state, words)
    if len(unmet) > _LINES:
        words = f"And {len(unmet) - _LINES} more obligations are open; the page of coverage lists them."
        yield Line(f"{code}.more", OPEN, words)


def _summary(found: Fact, begun: int, unmet: int, later: list[datetime]) -> str:
    words = f"{begun - min(unmet, begun)} of {begun} obligations that concern the system today are covered"
    if later:
        words += f"; {len(later)} begin later, the first on {min(later).date().isoformat()}"
    if not begun and not later:
        words = "No obligation that is asked about concerns the system"
    return f"{words} (state of {found.checked_on})."


def _standing(dossier: Fact, one: Fact) -> tuple[str, str]:
    signed = [word for word in dossier.signed if word.obligation == one.id]
    spoken = _spoken(dossier, one, signed[-1]) if signed else None
    if spoken is not None and (spoken[0] == MET or one.level == "human"):
        return spoken
    if one.level == "human":
        return OPEN, "Nobody has signed that it is met."
    lacks = [kind for kind in one.evidence if not _shown(dossier, kind)]
    if not lacks:
        return MET, f"Shown by {_listed(one.evidence)}."
    before = f"{spoken[1]} " if spoken else ""
    perhaps = " Where its condition does not hold, that can be signed." if one.conditional else ""
    return OPEN, f"{before}Missing: {_listed(lacks)}.{perhaps}"


def _spoken(dossier: Fact, one: Fact, word: Fact) -> tuple[str, str] | None:
    if word.state not in ("met", "not_applicable"):
        return None
    if word.state == "met" and one.level != "human":
        return OPEN, "That it is met is shown by evidence, not by a word."
    if not word.entitled:
        return STALE, "Whoever signed it no longer holds the role."
    if any(doc.kind in one.evidence and doc.author == word.signer for doc in dossier.documents):
        return OPEN, "It was signed by somebody who wrote its evidence."
    of_system = [doc for doc in dossier.documents if doc.kind in one.evidence and not doc.of_version]
    told = sorted(f"{doc.kind} {doc.digest}" for doc in of_system) if word.state == "met" else []
    basis = {"obligation": one.id, "asks": one.digest, "state": word.state, "documents": told}
    if word.basis_digest != digest_of(basis):
        return STALE, "What it asks for, or a document, changed since it was signed."
    return MET, f"It was signed that it {'is met' if word.state == 'met' else 'does not apply here'}."


def _shown(dossier: Fact, kind: str) -> bool:
    """Whether the facts show a kind of evidence; a kind that is not known is not supported."""
    if kind in _MEASURES:
        return any(
            run.intact and _MEASURES[kind] in run.kinds and evidence.locked(dossier, run)
            for run in evidence.counted(dossier)
        )
    if kind == "approval_record":
        digest = subject.digest(dossier)
        return bool(digest) and any(
            vote.verdict == "approve" and vote.entitled and vote.subject_digest == digest
            for vote in dossier.votes
        )
    written = any(one.kind == kind for one in dossier.documents)
    facts = {
        "risk_classification_record": _in_force(dossier) is not None,
        "dataset_datasheet": written and bool(dossier.datasets),
        "training_run_record": dossier.version is not None
        and {"code_commit", "environment_digest", "parameters"} <= set(dossier.version.recorded),
        "data_lineage": any(one.pinned for one in dossier.datasets),
        "validation_report": any(
            one.kind == "validation_report" and one.state == "ready" for one in dossier.reports
        ),
        "inventory_entry": True,
        "change_log": dossier.log.size > 0,
    }
    if kind not in facts and kind not in titles.KINDS:
        raise NotSupported(f"an obligation asks for {kind!a}, a kind of evidence that is not known here")
    return bool(facts.get(kind, written))


def _listed(kinds: Any) -> str:
    return ", ".join(_CALLED.get(kind) or f"the document “{titles.title(kind)}”" for kind in kinds)
