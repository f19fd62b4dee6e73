"""Demands on what people write down."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Self

from governance.gates.memory import once
from governance.gates.requirements.base import DAYS, Place, Requirement, earliest, fresh, schema, words
from governance.gates.spec import DocumentFacts, Dossier, Finding, State
from registry.stages import DOCUMENT_KINDS, Role

# Who is asked for a document; anything else is the owner's.
_WRITERS: Final[dict[str, Role]] = {
    "dataset_datasheet": Role.DATA_STEWARD,
    "feature_documentation": Role.DEVELOPER,
    "processing_record": Role.COMPLIANCE_OFFICER,
    "proxy_review": Role.REVIEWER,
    "model_card": Role.DEVELOPER,
    "instructions_for_use": Role.DEVELOPER,
    "risk_assessment": Role.REVIEWER,
    "risk_classification_record": Role.COMPLIANCE_OFFICER,
    "dpia": Role.COMPLIANCE_OFFICER,
    "fria": Role.COMPLIANCE_OFFICER,
}


@dataclass(frozen=True)
class DocumentsPresent(Requirement):
    """Each of these documents is there, for this version or for its system, and no older than asked.

    With `complete` it has every section that its kind must have.
    """

    kinds: tuple[str, ...]
    within_days: int | None = None
    complete: bool = False

    name: ClassVar[str] = "documents"
    params: ClassVar[Mapping[str, Any]] = schema(
        {"kinds": words(DOCUMENT_KINDS), "within_days": DAYS, "complete": {"type": "boolean"}}, "kinds"
    )
    place: ClassVar[Place] = Place.DOCUMENTS
    of_systems: ClassVar[bool] = True

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote."""
        return cls(tuple(params["kinds"]), params.get("within_days"), params.get("complete", False))

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """One line per document."""
        return tuple(self._finding(dossier, kind) for kind in self.kinds)

    def _finding(self, dossier: Dossier, kind: str) -> Finding:
        title, document = DOCUMENT_KINDS[kind], _applying(dossier, kind)
        if document is None:
            state, sentence = State.OPEN, f"There is no {_lower(title)}."
        elif not fresh(document.added_at, self.within_days, dossier.now):
            state = State.STALE
            sentence = f"The {_lower(title)} is older than {self.within_days} days."
        elif self.complete and (missing := _missing(dossier, document)):
            state, sentence = State.OPEN, f"The {_lower(title)} lacks {', '.join(missing)}."
        else:
            state, sentence = State.MET, f"The {_lower(title)} is there (number {document.number})."
        return Finding(
            code=f"documents.{kind}",
            state=state,
            sentence=sentence,
            requirement=f"Document: {title}",
            owner_role=_WRITERS.get(kind, Role.OWNER).value,
            clears="" if state is State.MET else f"Add the document “{title}”.",
        )

    def holds_until(self, dossier: Dossier) -> datetime | None:
        """When the first of them grows too old."""
        if self.within_days is None:
            return None
        found = [_applying(dossier, kind) for kind in self.kinds]
        ends = [d.added_at + timedelta(days=self.within_days) for d in found if d is not None]
        return earliest([end for end in ends if end > dossier.now])

    def disturbs(self, finding: Finding) -> bool:
        """Another intended use is another question."""
        return finding.code == "documents.intended_use_statement"


def _applying(dossier: Dossier, kind: str) -> DocumentFacts | None:
    return _documents(dossier).get(kind)


@once
def _documents(dossier: Dossier) -> Mapping[str, DocumentFacts]:
    """The document of each kind that applies: this version's own before its system's."""
    found: dict[str, DocumentFacts] = {}
    for document in sorted(dossier.documents, key=lambda document: not document.of_version):
        found.setdefault(document.kind, document)
    return found


def _missing(dossier: Dossier, document: DocumentFacts) -> list[str]:
    """The sections it lacks; the one on special categories is for data with sensitive columns only."""
    sensitive = any(dataset.sensitive for dataset in dossier.datasets)
    needed = [name for name in document.missing if sensitive or name != "special_categories"]
    return [name.replace("_", " ") for name in needed]


def _lower(title: str) -> str:
    return title[0].lower() + title[1:]


@dataclass(frozen=True)
class TrainingRecorded(Requirement):
    """The version says how it came to be."""

    fields: tuple[str, ...]

    name: ClassVar[str] = "training_record"
    FIELDS: ClassVar[Mapping[str, str]] = {
        "code_commit": "the code's commit",
        "environment_digest": "the environment's digest",
        "parameters": "the parameters",
        "metrics": "the training metrics",
        "features": "the features",
        "datasets": "the dataset versions it was made from",
    }
    params: ClassVar[Mapping[str, Any]] = schema({"fields": words(FIELDS)}, "fields")
    place: ClassVar[Place] = Place.MODEL

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote."""
        return cls(tuple(params["fields"]))

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """One line for the record as a whole."""
        recorded = set(dossier.version.recorded) if dossier.version else set()
        if any(dataset.pinned for dataset in dossier.datasets):
            recorded.add("datasets")
        missing = [self.FIELDS[name] for name in self.fields if name not in recorded]
        sentence = "The training record is complete."
        if missing:
            sentence = f"The training record lacks {', '.join(missing)}."
        return (
            Finding(
                code="training_record",
                state=State.OPEN if missing else State.MET,
                sentence=sentence,
                requirement="Training record",
                owner_role=Role.DEVELOPER.value,
                clears="Register a new version with a complete training record." if missing else "",
            ),
        )

    def disturbs(self, finding: Finding) -> bool:
        """A new version is a new question."""
        return True
