"""The one statement. Each branch is one kind of fact; its values are in the order in which `facts` reads them."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, TextField, When

from audits.models import AuditRun, CheckPlan
from governance.dossier import assurance, dates, duties, exceptional, people, quality
from governance.dossier.columns import Clock, Hexadecimal, branch, person_text, text, truth, word
from governance.models import Policy, PolicyState, Report
from registry.ledger.models import LedgerHead
from registry.models import DatasetVersion, Document, ModelVersion, System

Rows = list[tuple[str, ...]]
Branches = Iterator[QuerySet[Any, Any]]

# Stand in for the rows that are asked about while the statement is written.
_VERSION, _SYSTEM, _ORGANISATION = (uuid.UUID(int=number) for number in (1, 2, 3))


def of_version(version: ModelVersion, system: System) -> Rows:
    """Everything about a step of a model version."""
    return _read(
        _about_version, {_VERSION: version.pk, _SYSTEM: system.pk, _ORGANISATION: system.organisation_id}
    )


def of_system(system: System) -> Rows:
    """Everything about a step of a system itself."""
    return _read(_about_system, {_SYSTEM: system.pk, _ORGANISATION: system.organisation_id})


def _about_version(version: ModelVersion, system: System) -> Branches:
    yield from _of_both(system, Q(model_version=None) | Q(model_version=version))
    yield _version(version)
    yield _datasets(Q(model_versions=version) | Q(plans__model_version=version), version)
    yield assurance.plans(CheckPlan.objects.filter(model_version=version), "plan")
    yield _runs(version)
    yield people.committers(version)
    yield from people.asked_and_said(system, Q(model_version=version))
    yield _reports(version)
    yield dates.review(version)
    yield from assurance.branches(version, system, people.grants(system))
    yield from exceptional.branches(version, system, people.grants(system))
    yield quality.of_version(version)


def _about_system(_: ModelVersion, system: System) -> Branches:
    yield from _of_both(system, Q(model_version=None))
    yield _datasets(Q(dataset__system=system), None)
    yield from people.asked_and_said(system, Q(model_version=None, system=system))
    yield quality.of_system(system)


def _read(about: Callable[[ModelVersion, System], Branches], ids: Mapping[uuid.UUID, uuid.UUID]) -> Rows:
    sql, parameters = _written(about, connection.vendor)
    # SQLite keeps identifiers as hexadecimal text.
    real: dict[Any, Any] = {**ids, **{mark.hex: pk.hex for mark, pk in ids.items()}}
    with connection.cursor() as cursor:
        cursor.execute(sql, [real.get(value, value) for value in parameters])
        return list(cursor.fetchall())


@cache
def _written(about: Callable[[ModelVersion, System], Branches], vendor: str) -> tuple[str, tuple[Any, ...]]:
    """The statement as text, written once: to put a dozen branches together costs more than to run them."""
    version = ModelVersion(pk=_VERSION)
    first, *others = about(version, System(pk=_SYSTEM, organisation_id=_ORGANISATION))
    union = first.union(*others, all=True).order_by()  # the model's own order would be looked for
    sql, parameters = union.query.sql_with_params()
    return sql, tuple(parameters)


def _of_both(system: System, documents: Q) -> Branches:
    rows = System.objects.filter(pk=system.pk)
    yield branch(rows, "system", "pk", "organisation_id", "slug", "risk_tier", "stage", person_text("owner"))
    # With the head in the same snapshot, `log.size` says exactly which changes the other facts include.
    heads = LedgerHead.objects.filter(organisation_id=system.organisation_id)
    yield branch(heads, "log", "origin", "size", Hexadecimal("root"), Hexadecimal("frontier"), Clock())
    published = Policy.objects.filter(
        organisation_id=system.organisation_id, state=PolicyState.PUBLISHED, tier=_tier(system)
    )
    editors = (person_text("created_by"), person_text("published_by"))
    yield branch(published, "policy", "pk", "name", "number", "digest", "body", *editors)
    yield branch(
        Document.objects.filter(documents, system=system),
        "document",
        "pk",
        "kind",
        "number",
        "digest",
        person_text("author"),
        truth(Q(model_version__isnull=False)),
        "created_at",
        "outline",
    )
    yield from duties.branches(system, people.grants(system))
    yield dates.verification(system)
    yield dates.anchor(system)
    yield exceptional.issues(system, documents)


def _tier(system: System) -> Any:
    """The tier as it is in the database at this moment, not as it was when the caller loaded the system."""
    return System.objects.filter(pk=system.pk).values("risk_tier")[:1]


def _version(version: ModelVersion) -> QuerySet[Any, Any]:
    return branch(
        ModelVersion.objects.filter(pk=version.pk),
        "version",
        "pk",
        "model__slug",
        "version",
        "stage",
        "artifact__digest",
        "format",
        person_text("created_by"),
        "training",
    )


def _datasets(which: Q, version: ModelVersion | None) -> QuerySet[Any, Any]:
    pinned = DatasetVersion.objects.filter(pk=OuterRef("pk"), model_versions=version)
    # A subquery instead of joins, which would repeat a snapshot for each of its plans.
    chosen = DatasetVersion.objects.filter(which).order_by().values("pk")
    return branch(
        DatasetVersion.objects.filter(pk__in=chosen),
        "dataset",
        "pk",
        "dataset__slug",
        "version",
        "artifact__digest",
        "columns",
        "contract",
        truth(Exists(pinned)),
        person_text("created_by"),
        person_text("dataset__owner"),
        text(Subquery(quality.lock_of_dataset())),
        "created_at",
    )


def _runs(version: ModelVersion) -> QuerySet[Any, Any]:
    return branch(
        AuditRun.objects.filter(plan__model_version=version, state__in=assurance.ENDED),
        "run",
        "pk",
        "plan_id",
        "state",
        "seed",
        "code_version",
        person_text("requested_by"),
        "requested_at",
        "finished_at",
        "result_digest",
        # Results are large, and those of plans that a newer one replaced are only counted.
        Case(When(assurance.replaced(), then=word("")), default=text("result"), output_field=TextField()),
        truth(assurance.replaced()),
        "reproduces_id",
    )


def _reports(version: ModelVersion) -> QuerySet[Any, Any]:
    rows = Report.objects.filter(model_version=version)
    return branch(rows, "report", "pk", "kind", "basis_digest", "state", "pdf_digest")
