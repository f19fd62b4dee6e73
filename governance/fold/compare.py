"""The rows of the database beside those that the log tells of."""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.apps import apps
from django.db.models import Model

from governance.fold.state import Row, Tables, folded
from registry.ledger.models import LedgerEntry

# While a worker is at it the table says so; the log tells of beginnings and ends.
_WORKING: Final = {"running": "queued"}


@dataclass(frozen=True)
class Compared:
    """A table: which model, how its rows reach their organisation, and the column behind each folded value."""

    model: str
    organisation: str
    columns: Mapping[str, str]
    filled: frozenset[str] = field(default_factory=frozenset)  # columns told as "yes" when they hold anything


_OF_SYSTEM: Final = "system__organisation_id"
_OF_VERSION: Final = "model_version__model__system__organisation_id"
_OF_REQUEST: Final = "request__system__organisation_id"

TABLES: Final[dict[str, Compared]] = {
    "organisation": Compared("registry.Organisation", "pk", {"slug": "slug"}),
    "rolegrant": Compared(
        "registry.RoleGrant", "membership__organisation_id", {"user": "membership__user_id", "role": "role"}
    ),
    "apitoken": Compared(
        "registry.ApiToken",
        "organisation_id",
        {"user": "user_id", "revoked": "revoked_at"},
        frozenset({"revoked"}),
    ),
    "workloadidentity": Compared(
        "registry.WorkloadIdentity",
        "organisation_id",
        {"issuer": "issuer", "ended": "ended_at"},
        frozenset({"ended"}),
    ),
    "system": Compared(
        "registry.System", "organisation_id", {"slug": "slug", "risk_tier": "risk_tier", "stage": "stage"}
    ),
    "document": Compared(
        "registry.Document", _OF_SYSTEM, {"kind": "kind", "number": "number", "digest": "digest"}
    ),
    "dataset": Compared("registry.Dataset", _OF_SYSTEM, {"slug": "slug"}),
    "datasetversion": Compared(
        "registry.DatasetVersion",
        "dataset__system__organisation_id",
        {"version": "version", "digest": "artifact__digest"},
    ),
    "model": Compared("registry.Model", _OF_SYSTEM, {"slug": "slug"}),
    "modelversion": Compared(
        "registry.ModelVersion",
        "model__system__organisation_id",
        {"version": "version", "digest": "artifact__digest", "stage": "stage"},
    ),
    "schemalock": Compared(
        "registry.SchemaLock",
        "dataset__system__organisation_id",
        {"columns_digest": "columns_digest", "released": "released_at"},
        frozenset({"released"}),
    ),
    "checkplan": Compared(
        "audits.CheckPlan",
        _OF_VERSION,
        {"digest": "digest", "seed": "seed", "version": "model_version_id", "data": "dataset_version_id"},
    ),
    "auditrun": Compared(
        "audits.AuditRun",
        f"plan__{_OF_VERSION}",
        {"state": "state", "seed": "seed", "result": "result_digest"},
    ),
    "dataqualityrun": Compared(
        "audits.DataQualityRun",
        "dataset_version__dataset__system__organisation_id",
        {"state": "state", "bars": "bars_digest", "result": "result_digest"},
    ),
    "deviation": Compared(
        "audits.Deviation", f"new_plan__{_OF_VERSION}", {"state": "state", "digest": "digest"}
    ),
    "deviationvote": Compared(
        "governance.DeviationVote",
        f"deviation__new_plan__{_OF_VERSION}",
        {"role": "role", "verdict": "verdict"},
    ),
    "policy": Compared(
        "governance.Policy", "organisation_id", {"number": "number", "digest": "digest", "state": "state"}
    ),
    "approvalrequest": Compared(
        "governance.ApprovalRequest", _OF_SYSTEM, {"state": "state", "digest": "subject_digest"}
    ),
    "vote": Compared(
        "governance.Vote",
        _OF_REQUEST,
        {"role": "role", "verdict": "verdict", "digest": "subject_digest", "withdrawn": "withdrawn_at"},
        frozenset({"withdrawn"}),
    ),
    "delegation": Compared(
        "governance.Delegation",
        "organisation_id",
        {"delegator": "delegator_id", "delegate": "delegate_id", "role": "role", "revoked": "revoked_at"},
        frozenset({"revoked"}),
    ),
    "comparisonacknowledgement": Compared(
        "governance.ComparisonAcknowledgement", _OF_VERSION, {"digest": "digest"}
    ),
    "decision": Compared(
        "governance.Decision",
        _OF_SYSTEM,
        {
            "verdict": "verdict",
            "environment": "environment",
            "transition": "transition",
            "artifact": "artifact_digest",
            "facts": "dossier_digest",
            "policy": "policy_digest",
        },
    ),
    "classification": Compared(
        "governance.Classification",
        _OF_SYSTEM,
        {"number": "number", "tier": "tier", "system": "system_id", "state": "state"},
    ),
    "obligationdecision": Compared(
        "governance.ObligationDecision",
        _OF_SYSTEM,
        {"obligation": "obligation", "number": "number", "state": "state", "role": "role"},
    ),
    "report": Compared(
        "governance.Report",
        _OF_VERSION,
        {"state": "state", "basis": "basis_digest", "pdf": "pdf_digest", "twin": "twin_digest"},
    ),
    "backtest": Compared("governance.BackTest", "policy__organisation_id", {"state": "state"}),
    "waiver": Compared(
        "governance.Waiver",
        _OF_SYSTEM,
        {"state": "state", "digest": "digest", "step": "step", "role": "approved_role"},
    ),
    "breakglass": Compared(
        "governance.BreakGlass",
        _OF_SYSTEM,
        {"state": "state", "environment": "environment", "outcome": "outcome"},
    ),
    "issue": Compared(
        "governance.Issue", _OF_SYSTEM, {"kind": "kind", "severity": "severity", "state": "state"}
    ),
}
# Rows that are made with another row's event, and told of only when they change: compared where the log tells of them.
PARTIAL: Final[dict[str, Compared]] = {
    "condition": Compared(
        "governance.Condition", f"vote__{_OF_REQUEST}", {"met": "met_at"}, frozenset({"met"})
    ),
}


@dataclass(frozen=True)
class Difference:
    """A row that is not what the log says; `index` is the last entry that tells of it, None where there is none."""

    table: str
    key: str
    sentence: str
    index: int | None


def differences(organisation_id: uuid.UUID) -> list[Difference]:
    """Where the tables of an organisation are not what its log says, in the order of the log."""
    entries = LedgerEntry.objects.filter(organisation_id=organisation_id).order_by("index")
    bodies = entries.values_list("body", flat=True).iterator(chunk_size=2000)
    return compared(folded(json.loads(bytes(body)) for body in bodies), organisation_id)


def compared(tables: Tables, organisation_id: uuid.UUID) -> list[Difference]:
    """Where the database's rows are not the folded ones."""
    found: list[Difference] = []
    for table, how in {**TABLES, **PARTIAL}.items():
        stored = _stored(how, organisation_id)
        name = str(apps.get_model(how.model)._meta.verbose_name)
        found += _of_table(name, tables.get(table, {}), stored, whole=table in TABLES)
    return sorted(found, key=lambda one: (one.index is None, one.index or 0, one.table, one.key))


def _stored(how: Compared, organisation_id: uuid.UUID) -> dict[str, dict[str, str]]:
    model: type[Model] = apps.get_model(how.model)
    rows = model._default_manager.filter(**{how.organisation: organisation_id})
    return {
        str(row[0]): {
            name: _text(value, filled=name in how.filled)
            for name, value in zip(how.columns, row[1:], strict=True)
        }
        for row in rows.values_list("pk", *how.columns.values()).iterator(chunk_size=2000)
    }


def _text(value: Any, *, filled: bool) -> str:
    if filled:
        return "no" if value is None else "yes"
    text = "" if value is None else str(value)
    return _WORKING.get(text, text)


def _of_table(
    table: str, told: Mapping[str, Row], stored: Mapping[str, Mapping[str, str]], *, whole: bool
) -> Iterator[Difference]:
    for key, row in told.items():
        if key not in stored:
            yield Difference(table, key, f"The log tells of this {table}; it is not in its table.", row.index)
            continue
        # What no entry ever told of a row is empty: an entry that began the row was not taken out of the log.
        for column in stored[key] if whole else row.values:
            value = row.values.get(column, "")
            if value != stored[key][column]:
                sentence = f"The {column} of this {table} is “{stored[key][column]}”; the log says “{value}”."
                yield Difference(table, key, sentence, row.index)
    for key in stored.keys() - told.keys() if whole else ():
        yield Difference(table, key, f"The log tells nothing of this {table}.", None)
