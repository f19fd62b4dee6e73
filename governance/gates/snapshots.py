"""Which data a step is about, and which measurement of them counts."""

from governance.gates.data import DatasetFacts, DocumentFacts, QualityFacts
from governance.gates.memory import once
from governance.gates.spec import Dossier

MEASURED = ("passed", "failed", "insufficient")


@once
def counted(dossier: Dossier) -> tuple[DatasetFacts, ...]:
    """What the model version was made from; of a system the newest version of each dataset."""
    if dossier.version is not None:
        return tuple(dataset for dataset in dossier.datasets if dataset.pinned)
    newest: dict[str, DatasetFacts] = {}
    for dataset in sorted(dossier.datasets, key=_age):
        newest[dataset.dataset] = dataset
    return tuple(newest[name] for name in sorted(newest))


def _age(dataset: DatasetFacts) -> tuple[str, str]:
    at = dataset.registered_at
    return (at.isoformat() if at else "", dataset.id)


def quality_of(dossier: Dossier, dataset: DatasetFacts) -> QualityFacts | None:
    """The run that speaks for a snapshot: the newest that measured it; one that could not only without any other."""
    runs = [run for run in dossier.quality if run.dataset_version == dataset.id]
    runs.sort(key=lambda run: (run.state in MEASURED, run.finished_at, run.id))
    return runs[-1] if runs else None


def document(dossier: Dossier, kind: str) -> DocumentFacts | None:
    """The document that applies: this version's own before its system's."""
    found = [one for one in dossier.documents if one.kind == kind]
    return min(found, key=lambda one: not one.of_version, default=None)


@once
def features(dossier: Dossier) -> tuple[str, ...]:
    """Every feature of the data and of the version's own record, by name."""
    named = {name for dataset in counted(dossier) for name in dataset.features}
    return tuple(sorted(named | set(dossier.version.features if dossier.version else ())))
