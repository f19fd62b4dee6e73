"""What a vote signs, and what a report is bound to."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Final

from governance.gates import codec, evidence, live, snapshots
from governance.gates.memory import once
from governance.gates.spec import Dossier, Subject
from registry.ledger import chain

# How a changed field is told to the people whose votes it made stale.
FIELD_WORDS = {
    "model_version": "the model version",
    "step": "the step",
    "artifact": "the model's bytes",
    "datasets": "the dataset versions",
    "features": "the features or columns",
    "intended_use": "the intended-use statement",
    "policy": "the policy",
    "evidence": "the audit results",
    "waivers": "the waivers",
    "schema": "the form of the question",
    "system": "the system",
    "classification": "the risk classification",
    "documents": "the documents",
    "quality": "the data-quality results",
}
# What every vote signs, whatever a policy maps to its seat: which thing, which step, which bytes, under which rules.
ALWAYS: Final = frozenset({"model_version", "system", "step", "artifact", "policy", "schema"})
EVERYTHING: Final = frozenset(FIELD_WORDS)
_SYSTEMS_CAME_WITH: Final = "assay.dossier/1"  # the last form in which a step of a system had no subject


def subject_of(dossier: Dossier, *, of_step: bool = True) -> Subject:
    """The decision subject as the facts are now; without the step it is what a report tells of."""
    version = dossier.version
    if version is None:
        return _of_system(dossier)
    pinned = [dataset for dataset in dossier.datasets if dataset.pinned]
    columns = sorted(dataset.columns_digest for dataset in pinned)
    return Subject(
        model_version=version.id,
        step=dossier.step.name if dossier.step and of_step else "",
        artifact=version.artifact_digest,
        datasets=tuple(sorted(dataset.digest for dataset in pinned)),
        features=chain.digest_of({"features": version.features_digest, "columns": columns}),
        intended_use=intended_use(dossier),
        policy=dossier.policy.digest if dossier.policy else "",
        evidence=tuple(sorted(run.result_digest or run.id for run in evidence.counted(dossier))),
        waivers=live.digests(dossier, dossier.step.name if dossier.step and of_step else ""),
        quality=_quality(dossier),
    )


def _of_system(dossier: Dossier) -> Subject:
    """A system has no bytes and no results: what it is for, what was written, and its data are signed."""
    columns = sorted(dataset.columns_digest for dataset in dossier.datasets)
    return Subject(
        model_version="",
        step=dossier.step.name if dossier.step else "",
        artifact="",
        datasets=tuple(sorted(dataset.digest for dataset in dossier.datasets)),
        features=chain.digest_of({"columns": columns}) if columns else "",
        intended_use=intended_use(dossier),
        policy=dossier.policy.digest if dossier.policy else "",
        evidence=(),
        system=dossier.system.id,
        classification=_classification(dossier),
        documents=tuple(sorted(d.digest for d in dossier.documents if d.kind != "intended_use_statement")),
        quality=_quality(dossier),
    )


def _quality(dossier: Dossier) -> tuple[str, ...]:
    """The measurement that counts of each snapshot the step is about."""
    runs = (snapshots.quality_of(dossier, dataset) for dataset in snapshots.counted(dossier))
    return tuple(sorted(run.result_digest or run.id for run in runs if run))


def _classification(dossier: Dossier) -> str:
    """The tier, with the answers it follows from where there are any."""
    in_force = [found for found in dossier.classifications if found.state == "in_force"]
    return " ".join([dossier.system.tier, *(found.answers_digest for found in in_force[-1:])])


@once
def now(dossier: Dossier) -> Subject:
    """The decision subject as the facts are now."""
    return subject_of(dossier)


def intended_use(dossier: Dossier) -> str:
    """The digest of the intended-use statement that applies: this version's own, or the system's."""
    found = [document for document in dossier.documents if document.kind == "intended_use_statement"]
    return next((d.digest for d in sorted(found, key=lambda d: not d.of_version)), "")


@once
def subject_digest(dossier: Dossier) -> str:
    """The digest that votes on the dossier's step sign; empty where a decision of old knew none."""
    if dossier.version is None and dossier.schema == _SYSTEMS_CAME_WITH:
        return ""
    return codec.digest(now(dossier))


def changed_fields(before: Subject, after: Subject, among: Iterable[str] = EVERYTHING) -> tuple[str, ...]:
    """The names of the fields that differ, of those that are asked about."""
    among = frozenset(among)
    return tuple(
        f.name
        for f in fields(Subject)
        if f.name in among and getattr(before, f.name) != getattr(after, f.name)
    )


def changed_words(before: Subject, after: Subject, among: Iterable[str] = EVERYTHING) -> str:
    """The changed fields as a part of a sentence."""
    words = [FIELD_WORDS[name] for name in changed_fields(before, after, among)]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


@once
def basis_digest(dossier: Dossier) -> str:
    """The digest of the facts a report tells: subject, documents, runs, votes; no reports, decisions or clock."""
    basis: dict[str, Any] = {
        "schema": "assay.basis/1",
        "subject": codec.plain(subject_of(dossier, of_step=False)),
        "documents": sorted(f"{d.kind} {d.digest}" for d in dossier.documents),
        "plans": sorted(plan.digest for plan in evidence.current_plans(dossier)),
        "attempts": evidence.attempts(dossier),
        "votes": sorted(codec.digest(vote) for vote in dossier.votes),
        **_exceptional(dossier),
    }
    if dossier.conditions:
        basis["conditions"] = sorted(codec.digest(condition) for condition in dossier.conditions)
    # Named only where there are any: what was written before they were thought of keeps its digest.
    if tried := sorted(f"{run.id} {run.attempt}" for run in evidence.counted(dossier) if run.attempt):
        basis["attempt_numbers"] = tried
    for name, facts in (("deviations", dossier.deviations), ("reproductions", dossier.reproductions)):
        if facts:
            basis[name] = sorted(codec.digest(one) for one in facts)
    return chain.digest_of(basis)


def _exceptional(dossier: Dossier) -> dict[str, Any]:
    """What a report says was set aside or stands open; left out where there is none, as before there were any."""
    kinds = {"waivers": dossier.waivers, "break_glass": dossier.break_glass, "issues": dossier.issues}
    return {name: sorted(codec.digest(one) for one in rows) for name, rows in kinds.items() if rows}
