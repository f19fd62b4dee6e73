"""Which snapshots a step is about, which measurement of them counts, and which document applies."""

from __future__ import annotations

from assay_client.decide.facts import Fact

MEASURED = ("passed", "failed", "insufficient")


def counted(dossier: Fact) -> list[Fact]:
    """What the version was made from; of a system the newest snapshot of each dataset."""
    if dossier.version is not None:
        return [one for one in dossier.datasets if one.pinned]
    newest: dict[str, Fact] = {}
    for one in sorted(dossier.datasets, key=lambda one: (_written(one), one.id)):
        newest[one.dataset] = one
    return [newest[name] for name in sorted(newest)]


def _written(dataset: Fact) -> str:
    return dataset.registered_at.isoformat() if dataset.registered_at else ""


def quality_of(dossier: Fact, dataset: Fact) -> Fact | None:
    """The newest run that measured a snapshot; one that could not only where there is no other."""
    runs = [run for run in dossier.quality if run.dataset_version == dataset.id]
    return max(runs, key=lambda run: (run.state in MEASURED, run.finished_at, run.id), default=None)


def document(dossier: Fact, kind: str) -> Fact | None:
    """The document of a kind: this version's own before its system's."""
    found = [one for one in dossier.documents if one.kind == kind]
    return next((one for one in found if one.of_version), found[0] if found else None)


def features(dossier: Fact) -> list[str]:
    """Every feature of the data and of the version's record."""
    named = {name for one in counted(dossier) for name in one.features}
    return sorted(named | set(dossier.version.features if dossier.version else ()))
