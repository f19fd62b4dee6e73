"""What votes sign, and what a report is bound to: digests of the facts as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay_client.decide import data, evidence
from assay_client.decide.canonical import digest_of
from assay_client.decide.facts import Fact

ALWAYS = frozenset({"model_version", "system", "step", "artifact", "policy", "schema"})
FIELDS = ALWAYS | {
    "datasets",
    "features",
    "intended_use",
    "evidence",
    "waivers",
    "classification",
    "documents",
    "quality",
}
# Fields that came later: not written while they say nothing.
_LATER = ("system", "classification", "documents", "quality")
_USE = "intended_use_statement"


def step_of(dossier: Fact) -> str:
    """`compliance→production`, or nothing."""
    return f"{dossier.step.from_stage}→{dossier.step.to_stage}" if dossier.step else ""


def now(dossier: Fact, *, of_step: bool = True) -> dict[str, Any]:
    """The decision subject as the facts are; without the step it is what a report tells of."""
    told = _of_version(dossier, of_step) if dossier.version else _of_system(dossier)
    runs = (data.quality_of(dossier, one) for one in data.counted(dossier))
    told["quality"] = sorted(run.result_digest or run.id for run in runs if run)
    return {
        "intended_use": _intended_use(dossier),
        "policy": dossier.policy.digest if dossier.policy else "",
        "schema": "assay.subject/1",
        **{name: value for name, value in told.items() if value or name not in _LATER},
    }


def _of_version(dossier: Fact, of_step: bool) -> dict[str, Any]:
    pinned = [one for one in dossier.datasets if one.pinned]
    step = step_of(dossier) if of_step else ""
    columns = sorted(one.columns_digest for one in pinned)
    return {
        "model_version": dossier.version.id,
        "step": step,
        "artifact": dossier.version.artifact_digest,
        "datasets": sorted(one.digest for one in pinned),
        "features": digest_of({"features": dossier.version.features_digest, "columns": columns}),
        "evidence": sorted(run.result_digest or run.id for run in evidence.counted(dossier)),
        "waivers": waiver_digests(dossier, step),
    }


def _of_system(dossier: Fact) -> dict[str, Any]:
    columns = sorted(one.columns_digest for one in dossier.datasets)
    answers = [one.answers_digest for one in dossier.classifications if one.state == "in_force"]
    return {
        "model_version": "",
        "step": step_of(dossier),
        "artifact": "",
        "datasets": sorted(one.digest for one in dossier.datasets),
        "features": digest_of({"columns": columns}) if columns else "",
        "evidence": [],
        "waivers": [],
        "system": dossier.system.id,
        "classification": " ".join([dossier.system.tier, *answers[-1:]]),
        "documents": sorted(one.digest for one in dossier.documents if one.kind != _USE),
    }


def _intended_use(dossier: Fact) -> str:
    found = sorted((one for one in dossier.documents if one.kind == _USE), key=lambda one: not one.of_version)
    return str(found[0].digest) if found else ""


def live_waivers(dossier: Fact) -> list[Fact]:
    """Approved and not over; one that has not begun is among them, because who votes now votes on it."""
    return [one for one in dossier.waivers if one.state == "approved" and dossier.now < one.expires_at]


def waiver_digests(dossier: Fact, step: str) -> list[str]:
    """What a vote signs of the waivers; one that another live one renews is named by that."""
    here = [one for one in live_waivers(dossier) if step in ("", one.step)]
    renewed = {one.renews for one in here}
    return sorted(one.digest for one in here if one.id not in renewed)


def digest(dossier: Fact) -> str:
    """The digest that votes on the dossier's step sign."""
    if dossier.version is None and dossier.schema == "assay.dossier/1":
        return ""  # then a step of a system had none
    return digest_of(now(dossier))


def changed(before: Mapping[str, Any], after: Mapping[str, Any], among: frozenset[str]) -> bool:
    """Whether any of these fields differs; one that is not written says nothing."""
    return any((before.get(name) or None) != (after.get(name) or None) for name in among)


def basis(dossier: Fact) -> str:
    """The digest of the facts that a report tells."""
    told: dict[str, Any] = {
        "schema": "assay.basis/1",
        "subject": now(dossier, of_step=False),
        "documents": sorted(f"{one.kind} {one.digest}" for one in dossier.documents),
        "plans": sorted(plan.digest for plan in evidence.current_plans(dossier)),
        "attempts": sum(run.state in _ENDED and not run.reproduces for run in dossier.runs),
        "votes": sorted(digest_of(vote.raw) for vote in dossier.votes),
    }
    rows = {name: getattr(dossier, name) for name in _NAMED}
    told.update({name: sorted(digest_of(one.raw) for one in found) for name, found in rows.items() if found})
    tried = sorted(f"{run.id} {run.attempt}" for run in evidence.counted(dossier) if run.attempt)
    return digest_of({**told, "attempt_numbers": tried} if tried else told)


_ENDED = ("passed", "failed", "insufficient", "errored")
_NAMED = ("conditions", "deviations", "reproductions", "waivers", "break_glass", "issues")
