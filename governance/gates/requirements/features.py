"""Demands on columns: that they are fixed, that features are described, that stand-ins were looked at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Final, Self

from governance.gates import snapshots
from governance.gates.data import AssociationFacts, DatasetFacts, DocumentFacts
from governance.gates.requirements.base import Place, Requirement
from governance.gates.requirements.quality import PROFILE, no_data
from governance.gates.spec import Dossier, Finding, State
from registry.stages import Role

_NAMED: Final = 10
_NOTHING: Final[Mapping[str, Any]] = {"type": "object", "properties": {}, "additionalProperties": False}
LOCK: Final = "Lock the columns of the dataset {}."
DESCRIBE: Final = "Add feature documentation that describes every feature."
REVIEW: Final = (
    "Add a proxy review with a decision and a reason for every feature that stands in for a group."
)
OTHER: Final = "Have somebody other than the author of the feature documentation add the proxy review."
SENSITIVE: Final = "Register a dataset version that names its sensitive columns."
DROP: Final = "Register a new version made without the features that are to be dropped."


@dataclass(frozen=True)
class SchemaLocked(Requirement):
    """The columns of every snapshot that counts are locked as they are."""

    name: ClassVar[str] = "schema_locked"
    params: ClassVar[Mapping[str, Any]] = _NOTHING
    place: ClassVar[Place] = Place.DOCUMENTS
    of_systems: ClassVar[bool] = True

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand."""
        return cls()

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """One line per snapshot."""
        data = snapshots.counted(dossier)
        return tuple(self._finding(dataset) for dataset in data) or (no_data("schema_locked", dossier),)

    def _finding(self, dataset: DatasetFacts) -> Finding:
        name, locked = f"{dataset.dataset} {dataset.version}", dataset.schema_locked
        return Finding(
            code=f"schema_locked.{dataset.dataset}",
            state=State.MET if locked else State.OPEN,
            sentence=f"The columns of {name} are locked."
            if locked
            else f"No lock holds the columns of {name}.",
            requirement="Columns locked",
            owner_role=Role.DATA_STEWARD.value,
            clears="" if locked else LOCK.format(dataset.dataset),
        )


@dataclass(frozen=True)
class FeaturesDocumented(Requirement):
    """The feature documentation describes every feature of the data, and of the version's own record."""

    name: ClassVar[str] = "features_documented"
    params: ClassVar[Mapping[str, Any]] = _NOTHING
    place: ClassVar[Place] = Place.DOCUMENTS
    of_systems: ClassVar[bool] = True

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand."""
        return cls()

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """One line."""
        features = snapshots.features(dossier)
        if not snapshots.counted(dossier) and not features:
            return (no_data("features_documented", dossier),)
        state, sentence = self._standing(features, snapshots.document(dossier, "feature_documentation"))
        clears = "" if state is State.MET else DESCRIBE
        return (_line("features_documented", state, sentence, "Features described", clears),)

    def _standing(self, features: Sequence[str], document: DocumentFacts | None) -> tuple[State, str]:
        if not features:
            return State.OPEN, "No column of the data is registered as a feature."
        if document is None:
            return State.OPEN, "There is no feature documentation."
        left_out = [name for name in features if name not in document.features]
        if left_out:
            return State.OPEN, f"The feature documentation does not describe {_listed(left_out)}."
        return State.MET, f"The feature documentation describes every feature ({len(features)})."


@dataclass(frozen=True)
class ProxyReviewed(Requirement):
    """Whoever did not describe the features decided on each that tells more of a sensitive column than the bar.

    The review is newer than the data, and what it drops the version is not made with.
    """

    above: Decimal

    name: ClassVar[str] = "proxy_review"
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "above": {
                "type": ["string", "integer"],
                "pattern": r"^(0(\.[0-9]{1,10})?|1(\.0{1,10})?)$",
                "minimum": 0,
                "maximum": 1,
            }
        },
        "required": ["above"],
        "additionalProperties": False,
    }
    place: ClassVar[Place] = Place.DOCUMENTS
    of_systems: ClassVar[bool] = True

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote."""
        return cls(Decimal(str(params["above"])))

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """One line per snapshot, and one where a dropped feature is still used."""
        data = snapshots.counted(dossier)
        if not data:
            return (no_data("proxy_review", dossier),)
        if not any(dataset.sensitive for dataset in data):
            sentence = (
                "No column is registered as sensitive, so nothing shows whether a feature stands in for one."
            )
            return (_review_line("proxy_review", State.INSUFFICIENT, sentence, SENSITIVE, Role.DATA_STEWARD),)
        lines = tuple(self._of(dossier, dataset) for dataset in data if dataset.sensitive)
        return (*lines, *_still_used(dossier))

    def _of(self, dossier: Dossier, dataset: DatasetFacts) -> Finding:
        name, run = f"{dataset.dataset} {dataset.version}", snapshots.quality_of(dossier, dataset)
        code = f"proxy_review.{dataset.dataset}"
        if run is None or not run.intact or run.state not in snapshots.MEASURED:
            sentence = f"How much the features of {name} tell of its sensitive columns was not measured."
            profile = PROFILE.format(name)
            return _review_line(code, State.OPEN, sentence, profile, Role.DATA_STEWARD)
        measured = {found.feature: found for found in run.associations}
        blind = [f for f in dataset.features if f not in measured or not measured[f].value]
        if blind:
            sentence = f"Whether {_listed(blind)} of {name} stand in for a group could not be measured."
            return _review_line(code, State.INSUFFICIENT, sentence, SENSITIVE, Role.DATA_STEWARD)
        above = [measured[f] for f in dataset.features if Decimal(measured[f].value) > self.above]
        state, sentence, clears = self._decided(dossier, dataset, name, above)
        return _review_line(code, state, sentence, clears)

    def _decided(
        self, dossier: Dossier, dataset: DatasetFacts, name: str, above: Sequence[AssociationFacts]
    ) -> tuple[State, str, str]:
        if not above:
            return (
                State.MET,
                f"No feature of {name} tells more than {self.above:f} of a sensitive column.",
                "",
            )
        review = snapshots.document(dossier, "proxy_review")
        described = snapshots.document(dossier, "feature_documentation")
        left = [found for found in above if review is None or found.feature not in review.features]
        if review is None or left:
            told = _listed([f"{found.feature} ({found.sensitive}, {found.value[:5]})" for found in left])
            return State.OPEN, f"{name}: nobody decided on {told}, above {self.above:f}.", REVIEW
        if described is None:
            return State.OPEN, "Without feature documentation nobody can tell who else reviewed.", DESCRIBE
        if review.author == described.author:
            return State.OPEN, "The proxy review is by the author of the feature documentation.", OTHER
        if dataset.registered_at is None or review.added_at < dataset.registered_at:
            return State.STALE, f"The proxy review is older than {name}.", REVIEW
        return (
            State.MET,
            f"{name}: a decision stands on every feature above {self.above:f} ({len(above)}).",
            "",
        )

    def disturbs(self, finding: Finding) -> bool:
        """Other data, or another version, are another question."""
        return finding.clears.startswith("Register")


def _still_used(dossier: Dossier) -> Iterator[Finding]:
    """Of a version: the features that were to be dropped and are not."""
    review, version = snapshots.document(dossier, "proxy_review"), dossier.version
    if review is None or version is None:
        return
    used = version.features or snapshots.features(dossier)
    kept = [name for name in review.dropped if name in used]
    if kept:
        sentence = f"The proxy review drops {_listed(kept)}, and the version is made with it."
        yield _review_line("proxy_review.dropped", State.OPEN, sentence, DROP, Role.DEVELOPER)


def _review_line(code: str, state: State, sentence: str, clears: str, owner: Role = Role.REVIEWER) -> Finding:
    return _line(code, state, sentence, "Stand-ins for groups reviewed", clears, owner)


def _line(
    code: str, state: State, sentence: str, requirement: str, clears: str, owner: Role = Role.DEVELOPER
) -> Finding:
    return Finding(code, state, sentence, requirement, owner.value, clears)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
