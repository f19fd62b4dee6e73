"""What a vote signs, and what a report is bound to."""

from dataclasses import fields

from governance.gates import codec, evidence
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
}


def subject_of(dossier: Dossier, *, of_step: bool = True) -> Subject:
    """The decision subject as the facts are now; without the step it is what a report tells of."""
    version = dossier.version
    if version is None:
        raise ValueError("Only the step of a model version has a decision subject.")
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
    )


def intended_use(dossier: Dossier) -> str:
    """The digest of the intended-use statement that applies: this version's own, or the system's."""
    found = [document for document in dossier.documents if document.kind == "intended_use_statement"]
    return next((d.digest for d in sorted(found, key=lambda d: not d.of_version)), "")


@once
def subject_digest(dossier: Dossier) -> str:
    """The digest that votes on the dossier's step sign; empty for a system, which has no votes."""
    return codec.digest(subject_of(dossier)) if dossier.version is not None else ""


def changed_fields(before: Subject, after: Subject) -> tuple[str, ...]:
    """The names of the fields that differ."""
    return tuple(f.name for f in fields(Subject) if getattr(before, f.name) != getattr(after, f.name))


def changed_words(before: Subject, after: Subject) -> str:
    """The changed fields as a part of a sentence."""
    words = [FIELD_WORDS[name] for name in changed_fields(before, after)]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


@once
def basis_digest(dossier: Dossier) -> str:
    """The digest of the facts a report tells: subject, documents, runs, votes; no reports, decisions or clock."""
    basis = {
        "schema": "assay.basis/1",
        "subject": codec.plain(subject_of(dossier, of_step=False)),
        "documents": sorted(f"{d.kind} {d.digest}" for d in dossier.documents),
        "plans": sorted(plan.digest for plan in evidence.current_plans(dossier)),
        "attempts": evidence.attempts(dossier),
        "votes": sorted(codec.digest(vote) for vote in dossier.votes),
    }
    return chain.digest_of(basis)
