"""Facts about the measured quality of data."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from audits.models import DataQualityRun, RunState
from governance.dossier import results
from governance.dossier.columns import branch, identifier, moment, person_text
from governance.gates.data import AssociationFacts, QualityCheckFacts, QualityFacts
from registry.models import DatasetVersion, ModelVersion, SchemaLock, System

Row = Sequence[str]
_MEASURED = (RunState.PASSED, RunState.FAILED, RunState.INSUFFICIENT)


def of_version(version: ModelVersion) -> QuerySet[Any, Any]:
    """Runs on what a version was made from."""
    return _runs(DatasetVersion.objects.filter(model_versions=version))


def of_system(system: System) -> QuerySet[Any, Any]:
    """Runs on the newest version of each dataset of a system."""
    newest = DatasetVersion.objects.filter(dataset=OuterRef("dataset")).order_by("-created_at", "-pk")
    return _runs(DatasetVersion.objects.filter(dataset__system=system, pk=newest.values("pk")[:1]))


def _runs(snapshots: QuerySet[DatasetVersion]) -> QuerySet[Any, Any]:
    """Runs that ended and that no later measurement has replaced: their results are long."""
    later = DataQualityRun.objects.filter(
        dataset_version=OuterRef("dataset_version"),
        state__in=_MEASURED,
        finished_at__gt=OuterRef("finished_at"),
    )
    rows = DataQualityRun.objects.filter(
        dataset_version__in=snapshots.order_by().values("pk"), state__in=(*_MEASURED, RunState.ERRORED)
    )
    return branch(
        rows.exclude(Exists(later)),
        "quality",
        "pk",
        "dataset_version_id",
        "state",
        "code_version",
        person_text("requested_by"),
        "requested_at",
        "finished_at",
        "result_digest",
        "result",
    )


def lock_of_dataset() -> Any:
    """The digest of the columns that the dataset of a snapshot is locked to, as text."""
    locks = SchemaLock.objects.filter(dataset=OuterRef("dataset"), released_at=None).order_by()
    return locks.values("columns_digest")[:1]


def run(row: Row) -> QualityFacts:
    """A run. A result that was touched, or has a form we do not know, says nothing."""
    pk, snapshot, state, code, starter, requested, finished, digest, result, *_ = row
    intact = not digest or results.intact(result, digest)
    found = _read(result) if result and intact else {}
    return QualityFacts(
        id=identifier(pk),
        dataset_version=identifier(snapshot),
        state=state,
        code_version=code,
        starter=identifier(starter),
        requested_at=moment(requested),
        finished_at=moment(finished),
        result_digest=digest,
        intact=intact,
        checks=tuple(_checks(found.get("checks", ()))),
        associations=tuple(_strongest(found.get("associations", ()))),
    )


def _read(result: str) -> Mapping[str, Any]:
    try:
        found = json.loads(result)
        tuple(_checks(found["checks"]))
        tuple(_strongest(found["associations"]))
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError):
        return {}
    return found if isinstance(found, dict) else {}


def _checks(rows: Iterable[Mapping[str, Any]]) -> Iterator[QualityCheckFacts]:
    for row in rows:
        bar = Decimal(row["at_least"] if "at_least" in row else row["at_most"])
        yield QualityCheckFacts(
            str(row["check"]), format(bar, "f"), str(row["verdict"]), str(row["sentence"])
        )


def _strongest(rows: Iterable[Mapping[str, Any]]) -> Iterator[AssociationFacts]:
    """Of each feature the sensitive column it tells most of; without a value where any could not be measured."""
    found: dict[str, AssociationFacts] = {}
    for row in rows:
        value = "" if row["value"] is None else format(Decimal(row["value"]), "f")
        told = AssociationFacts(str(row["feature"]), str(row["sensitive"]), value)
        before = found.get(told.feature)
        if before is None or _rank(told) > _rank(before):
            found[told.feature] = told
    yield from (found[name] for name in sorted(found))


def _rank(found: AssociationFacts) -> float:
    return float(found.value) if found.value else 2.0
