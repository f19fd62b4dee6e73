"""The facts of a decision, read strictly from canonical JSON.

A field that is not in the tables belongs to a newer form: whoever does not know what it means decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay_client import strict_json, times
from assay_client.decide.canonical import canonical
from assay_client.decide.errors import BadFacts, NotSupported

# name[:type][=default]. A type is str, int, bool, time or a shape; [x] is a list of x, x? may be null.
# `=` alone is the empty one of its type.
SHAPES = {
    "step": "subject from_stage to_stage",
    "system": "id organisation_id slug tier stage owner",
    "version": "id model version stage artifact_digest format author training_digest recorded:[str] features_digest"
    " committers:[str]= features:[str]=",
    "report": "id kind basis_digest state pdf_digest",
    "policy": "id name number:int digest intact:bool editors:[str]=",
    "verification": "at:time size:int holds:bool",
    "anchor": "at:time size:int",
    "log": "origin size:int root verification:verification?= anchor:anchor?= voted:int=",
    "review": "since:time due_at:time?",
    "dataset": "id dataset version digest columns_digest pinned:bool author owner schema_locked:bool="
    " features:[str]= sensitive:[str]= registered_at:time?=",
    "document": "id kind number:int digest author of_version:bool added_at:time missing:[str]= features:[str]="
    " dropped:[str]=",
    "quality_check": "check bar verdict sentence",
    "association": "feature sensitive value",
    "quality": "id dataset_version state code_version starter requested_at:time finished_at:time result_digest"
    " intact:bool checks:[quality_check] associations:[association]",
    "plan": "id digest dataset_version sealer sealed_at:time seed:int?= dataset= deviation=",
    "check": "name metric comparison threshold blocking:bool verdict sentence",
    "run": "id plan state seed:int code_version starter requested_at:time finished_at:time? result_digest"
    " intact:bool kinds:[str] checks:[check] reproduces= attempt:int= level=measured",
    "deviation": "id old_plan new_plan digest state sealer words:[str]",
    "deviation_vote": "deviation voter role verdict digest voted_at:time entitled:bool",
    "reproduction": "original rerun matched:bool same_digest:bool by differences:int compared_at:time",
    "champion": "version name stage results:[str]",
    "acknowledgement": "id champion digest person at:time entitled:bool",
    "subject": "model_version step artifact datasets:[str] features intended_use policy evidence:[str]"
    " waivers:[str]= schema=assay.subject/1 system= classification= documents:[str]= quality:[str]=",
    "request": "id state subject:subject subject_digest requester requested_at:time",
    "vote": "request to_stage voter role verdict subject_digest voted_at:time entitled:bool principal="
    " withdrawn:bool=",
    "holder": "person role principal=",
    "condition": "id request voter role owner due_at:time met_at:time?",
    "classification": "id number:int state tier answers_digest intact:bool rules_digest rules_now answerer"
    " answered_at:time confirmer worse_from:time? in_scope:bool",
    "obligation": "id title level evidence:[str] digest conditional:bool applies_from:time?",
    "framework": "id name version digest checked_on settled:bool obligations:[obligation] others:[str]",
    "signed": "obligation state basis_digest signer role signed_at:time entitled:bool",
    "waived": "code standing",
    "waiver": "id state model_version step environment findings:[waived] starts:time expires_at:time requester"
    " approver approved_role approved_at:time renews renewal:int digest intact:bool entitled:bool",
    "emergency": "id model_version environment requester confirmer starts:time ends:time review_due_at:time"
    " reviewed_at:time? incident",
    "issue": "id kind severity title of_version:bool owner overdue_from:time?",
    "dossier": "now:time environment step:step? system:system version:version? policy:policy? log:log"
    " datasets:[dataset]= documents:[document]= plans:[plan]= runs:[run]= requests:[request]= votes:[vote]="
    " holders:[holder]= reports:[report]= classifications:[classification]= frameworks:[framework]="
    " signed:[signed]= review:review?= conditions:[condition]= deviations:[deviation]="
    " deviation_votes:[deviation_vote]= reproductions:[reproduction]= champions:[champion]="
    " acknowledgements:[acknowledgement]= waivers:[waiver]= break_glass:[emergency]= issues:[issue]="
    " quality:[quality]= schema=assay.dossier/2",
}
SCHEMAS = ("assay.dossier/1", "assay.dossier/2")
_NEEDED = object()
_EMPTY: Mapping[str, Any] = {"str": "", "int": 0, "bool": False}


class Fact:
    """One fact: its fields as attributes, and the JSON they were read from."""

    def __init__(self, raw: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        self.raw = raw
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def read(data: bytes) -> Fact:
    """The dossier in these bytes, which must be the canonical ones."""
    try:
        document = strict_json.parse(data)
        if canonical(document) != data:
            raise BadFacts("the facts are not written canonically")
        dossier: Fact = _built("dossier", document, "$")
    except (strict_json.NotJson, RecursionError) as error:
        raise BadFacts(f"the facts cannot be read: {error}") from None
    if dossier.schema not in SCHEMAS:
        raise NotSupported(f"the facts have the form {dossier.schema!a}, which is not known here")
    return dossier


def _built(kind: str, value: Any, place: str) -> Any:
    if kind.endswith("?"):
        return None if value is None else _built(kind[:-1], value, place)
    if kind.startswith("["):
        if not isinstance(value, list):
            raise BadFacts(f"{place} is no list")
        return tuple(_built(kind[1:-1], one, f"{place}[{number}]") for number, one in enumerate(value))
    if kind in SHAPES:
        return _fact(kind, value, place)
    if kind == "time":
        found: Any = times.parse(value)
    else:
        found = value if type(value) is {"str": str, "int": int, "bool": bool}[kind] else None
    if found is None:
        raise BadFacts(f"{place} is no {kind}")
    return found


def _fact(kind: str, value: Any, place: str) -> Fact:
    if not isinstance(value, dict):
        raise BadFacts(f"{place} is no object")
    fields = _FIELDS[kind]
    unknown = sorted(set(value) - set(fields))
    if unknown:
        raise NotSupported(f"{place} has the field {unknown[0]!a}, which is not known here")
    found = {}
    for name, (of, default) in fields.items():
        if name not in value and default is _NEEDED:
            raise BadFacts(f"{place} lacks the field {name!a}")
        found[name] = _built(of, value[name], f"{place}.{name}") if name in value else default
    return Fact(value, found)


def _fields(text: str) -> dict[str, tuple[str, Any]]:
    found: dict[str, tuple[str, Any]] = {}
    for word in text.split():
        named, defaulted, default = word.partition("=")
        name, _, kind = named.partition(":")
        kind = kind or "str"
        found[name] = (kind, (default or _empty(kind)) if defaulted else _NEEDED)
    return found


def _empty(kind: str) -> Any:
    if kind.endswith("?"):
        return None
    return () if kind.startswith("[") else _EMPTY[kind]


_FIELDS = {kind: _fields(text) for kind, text in SHAPES.items()}
