"""Which column means what, taken from a snapshot's column contract; a request may add to it, never contradict it.

Leaving a sensitive column out of an audit, or turning the favourable outcome round, would change what a verdict
says without changing its name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from audits.frames.errors import Refused
from audits.frames.mapping import Mapping as ColumnMapping
from registry.errors import Invalid
from registry.models import DatasetVersion

# The score comes from the model itself, run in the sandbox (audits.engine.scoring).
FROM_MODEL = "@model"
SINGLE = ("label", "prediction", "score", "weight")
LISTS = {"sensitive": "sensitive", "features": "feature"}
CONTRACT = ("task", "positive", "favourable", "missing", "reference", "threshold", "encoding", "delimiter")


def of_snapshot(snapshot: DatasetVersion, given: Mapping[str, Any] | None = None) -> ColumnMapping:
    """The mapping of a snapshot, with what a request adds; Invalid when they disagree or name unknown columns."""
    declared = _declared(snapshot)
    added = {key: value for key, value in (given or {}).items() if value is not None}
    errors = [*_unknown_columns(added, snapshot), *_disagreements(declared, added)]
    if errors:
        raise Invalid(
            f"The mapping does not fit the columns that {snapshot} was registered with: {errors[0][1]}",
            errors=errors,
            code="mapping.contradicted",
        )
    try:
        return ColumnMapping.from_dict({**declared, **added})
    except Refused as refused:
        raise Invalid(refused.message, code=refused.code, errors=[("mapping", refused.message)]) from refused


def as_json(mapping: ColumnMapping) -> dict[str, Any]:
    """The mapping as plain data, every key there."""
    return {field.name: _plain(getattr(mapping, field.name)) for field in fields(mapping)}


def from_sealed(sealed: Mapping[str, Any]) -> ColumnMapping:
    """The mapping of a sealed plan, in which numbers are decimal strings."""
    return ColumnMapping.from_dict({**sealed, "threshold": float(sealed["threshold"])})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _declared(snapshot: DatasetVersion) -> dict[str, Any]:
    by_role: dict[str, list[str]] = {}
    for column in snapshot.columns:
        by_role.setdefault(column["role"], []).append(column["name"])
    declared: dict[str, Any] = {key: snapshot.contract[key] for key in CONTRACT if key in snapshot.contract}
    declared |= {role: by_role[role][0] for role in SINGLE if role in by_role}
    return declared | {key: by_role[role] for key, role in LISTS.items() if role in by_role}


def _unknown_columns(added: Mapping[str, Any], snapshot: DatasetVersion) -> list[tuple[str, str]]:
    known = [column["name"] for column in snapshot.columns]
    named = [(key, name) for key in (*SINGLE, *LISTS) for name in _names(added.get(key))]
    return [
        (f"mapping.{key}", f"There is no column “{name}”. The columns are: {', '.join(known)}.")
        for key, name in named
        if name not in known and name != FROM_MODEL
    ]


def _names(value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def _disagreements(declared: Mapping[str, Any], added: Mapping[str, Any]) -> list[tuple[str, str]]:
    errors = []
    for key in sorted(set(declared) & set(added)):
        if key in LISTS:
            left_out = [name for name in declared[key] if name not in _names(added[key])]
            if left_out:
                errors.append((f"mapping.{key}", f"“{key}” leaves out {', '.join(left_out)}."))
        elif str(added[key]) != str(declared[key]):
            errors.append(
                (f"mapping.{key}", f"“{key}” is registered as {declared[key]!r}, not {added[key]!r}.")
            )
    return errors
