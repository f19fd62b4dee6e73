"""The demand that data were measured, and are good enough."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final, Self

from audits.quality.bars import KINDS, Bar
from governance.gates import snapshots
from governance.gates.data import DatasetFacts, QualityCheckFacts, QualityFacts
from governance.gates.requirements.base import DAYS, Place, Requirement, earliest, fresh, words
from governance.gates.spec import Dossier, Finding, State
from registry.stages import Role

PROFILE: Final = "Run the data-quality checks on {}."
_BETTER: Final = "Correct the data of {} and register a new version."
_MORE: Final = "Register a version of {} with more rows where there are too few."
_NUMBER: Final = {
    False: {
        "type": ["string", "integer"],
        "pattern": r"^(0(\.[0-9]{1,10})?|1(\.0{1,10})?)$",
        "minimum": 0,
        "maximum": 1,
    },
    True: {"type": "integer", "minimum": 0, "maximum": 10**12},
}
REGISTER: Final = "Register a dataset version with its columns and their roles."
PIN: Final = "Register a new version that names the dataset versions it was made from."


@dataclass(frozen=True)
class DataQuality(Requirement):
    """What a version was made from, or a system's newest data, passed these checks by bars at least as strict.

    Without `names` every check counts; without a bar in `bars` the default one. The run is no older than asked.
    """

    names: tuple[str, ...] = ()
    within_days: int | None = None
    bars: tuple[tuple[str, Decimal], ...] = ()

    name: ClassVar[str] = "data_quality"
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "names": words(list(KINDS)),
            "within_days": DAYS,
            "bars": {
                "type": "object",
                "properties": {code: _NUMBER[kind.whole] for code, kind in KINDS.items()},
                "additionalProperties": False,
                "minProperties": 1,
            },
        },
        "additionalProperties": False,
    }
    place: ClassVar[Place] = Place.DOCUMENTS
    of_systems: ClassVar[bool] = True

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote."""
        bars = {code: Decimal(str(value)) for code, value in params.get("bars", {}).items()}
        return cls(tuple(params.get("names", ())), params.get("within_days"), tuple(sorted(bars.items())))

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """Per snapshot one line when all is well, else one for everything that is not."""
        data = snapshots.counted(dossier)
        if not data:
            return (no_data("data_quality", dossier),)
        return tuple(finding for dataset in data for finding in self._of(dossier, dataset))

    def _of(self, dossier: Dossier, dataset: DatasetFacts) -> Iterator[Finding]:
        name, run = f"{dataset.dataset} {dataset.version}", snapshots.quality_of(dossier, dataset)
        state, sentence = self._as_a_whole(run, name, dossier.now)
        if run is None or state is not State.MET:
            yield _line(dataset, state, sentence, PROFILE.format(name))
            return
        held = {check.check: check for check in run.checks}
        found = [self._check(dataset, name, code, held.get(code)) for code in self.names or tuple(KINDS)]
        bad = [finding for finding in found if finding is not None]
        yield from bad or [_line(dataset, State.MET, sentence, "")]

    def _as_a_whole(self, run: QualityFacts | None, name: str, now: datetime) -> tuple[State, str]:
        if run is None:
            return State.OPEN, f"The quality of {name} was not measured."
        if not run.intact:
            return (
                State.OPEN,
                f"The stored quality of {name} no longer has the digest it was recorded with.",
            )
        if run.state not in snapshots.MEASURED:
            return State.OPEN, f"The quality of {name} could not be measured."
        if not fresh(run.finished_at, self.within_days, now):
            return State.STALE, f"The quality of {name} was measured more than {self.within_days} days ago."
        return State.MET, f"The quality of {name} was measured, and every check passed."

    def _check(
        self, dataset: DatasetFacts, name: str, code: str, check: QualityCheckFacts | None
    ) -> Finding | None:
        """What is wrong with one check, if anything is."""
        asked = dict(self.bars).get(code, Decimal(KINDS[code].default))
        if check is None:
            sentence = f"{name} was not checked for {code}."
            return _line(dataset, State.OPEN, sentence, PROFILE.format(name), code)
        if not _as_strict(code, check.bar, asked):
            sentence = f"{name} was checked for {code} by the bar {check.bar}, and {asked:f} is asked for."
            return _line(dataset, State.OPEN, sentence, f"{PROFILE.format(name)[:-1]} by these bars.", code)
        if check.verdict == "passed":
            return None
        told = f"{name}: {check.sentence}"
        if check.verdict == "insufficient":
            return _line(dataset, State.INSUFFICIENT, told, _MORE.format(dataset.dataset), code)
        return _line(dataset, State.OPEN, told, _BETTER.format(dataset.dataset), code)

    def holds_until(self, dossier: Dossier) -> datetime | None:
        """When the first measurement grows too old."""
        if self.within_days is None:
            return None
        runs = [snapshots.quality_of(dossier, dataset) for dataset in snapshots.counted(dossier)]
        ends = [run.finished_at + timedelta(days=self.within_days) for run in runs if run is not None]
        return earliest([end for end in ends if end > dossier.now])

    def disturbs(self, finding: Finding) -> bool:
        """Other data are another question; measuring the same is not."""
        return finding.clears.startswith(("Correct", "Register"))


def no_data(code: str, dossier: Dossier) -> Finding:
    """What is said where there are no data to say anything about."""
    of_version = dossier.version is not None
    sentence = (
        "The version names no dataset version it was made from." if of_version else "No data are registered."
    )
    role = Role.DEVELOPER if of_version else Role.DATA_STEWARD
    return Finding(code, State.OPEN, sentence, "Registered data", role.value, PIN if of_version else REGISTER)


def _as_strict(code: str, bar: str, asked: Decimal) -> bool:
    return Bar(code, Decimal(bar)).at_least_as_strict_as(asked)


def _line(dataset: DatasetFacts, state: State, sentence: str, clears: str, check: str = "") -> Finding:
    code = ".".join(part for part in ("data_quality", dataset.dataset, check) if part)
    requirement = f"Data quality: {check or dataset.dataset}"
    return Finding(code, state, sentence, requirement, Role.DATA_STEWARD.value, clears)
