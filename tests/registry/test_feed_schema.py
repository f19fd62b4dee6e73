"""Every event of the catalogue is an Entity Management event as OCSF 1.1.0 publishes it (schema.ocsf.io).

The facts below are what that version says of the class and of the objects that the feed uses: which attributes there
are, which must be there, and which numbers and captions belong together. Held against the published schema with
ocsf-json-schema 1.2.0, for the versions 1.1.0 to 1.8.0 alike.
"""

import json
import uuid
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from registry.ledger.events import EVENTS
from registry.ledger.models import LedgerEntry
from registry.services import feed

REQUIRED: Final = {
    "activity_id", "category_uid", "class_uid", "entity", "metadata", "severity_id", "time", "type_uid",
}  # fmt: skip
ALLOWED: Final = REQUIRED | {
    "activity_name", "actor", "category_name", "class_name", "comment", "count", "duration", "end_time", "enrichments",
    "entity_result", "message", "observables", "raw_data", "severity", "start_time", "status", "status_code",
    "status_detail", "status_id", "timezone_offset", "type_name", "unmapped",
}  # fmt: skip
# Of each object: what it may hold, and of what it must hold at least one.
OBJECTS: Final[dict[str, tuple[set[str], set[str]]]] = {
    "metadata": (
        {
            "correlation_uid", "event_code", "extension", "extensions", "labels", "log_level", "log_name",
            "log_provider", "log_version", "logged_time", "loggers", "modified_time", "original_time",
            "processed_time", "product", "profiles", "sequence", "tenant_uid", "uid", "version",
        },
        {"version"},
    ),
    "product": (
        {"cpe_name", "feature", "lang", "name", "path", "uid", "url_string", "vendor_name", "version"},
        {"vendor_name"},
    ),
    "actor": ({"authorizations", "idp", "invoked_by", "process", "session", "user"}, {"user"}),
    "user": (
        {
            "account", "credential_uid", "domain", "email_addr", "full_name", "groups", "ldap_person", "name", "org",
            "type", "type_id", "uid", "uid_alt",
        },
        {"account", "name", "uid"},
    ),
    "entity": ({"data", "name", "type", "uid", "version"}, {"name", "uid"}),
}  # fmt: skip
# Attributes whose numbers have captions; 99 is another, in the words of the source.
CAPTIONS: Final[dict[str, tuple[str, dict[int, str]]]] = {
    "activity_id": ("activity_name", {0: "Unknown", 1: "Create", 2: "Read", 3: "Update", 4: "Delete"}),
    "severity_id": (
        "severity",
        {0: "Unknown", 1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical", 6: "Fatal"},
    ),
    "status_id": ("status", {0: "Unknown", 1: "Success", 2: "Failure"}),
    "type_id": ("type", {0: "Unknown", 1: "User", 2: "Admin", 3: "System"}),
}
OTHER: Final = 99


def told(code: str, kind: str) -> dict[str, Any]:
    """An event of the catalogue as the feed tells it, done by a person, a machine or Assay itself."""
    row = EVENTS[code]
    personal = {"commitment": "00"}
    body = {
        "log": "assay.test/log/1",
        "event": code,
        "version": row.version,
        "at": "2026-11-21T10:00:00.000000Z",
        "actor": {"kind": kind, "id": "1", "name": "Assay worker" if kind == "system" else personal},
        "subject": {"kind": "modelversion", "id": "1"},
        "system": None,
        "data": {**dict.fromkeys(row.keys, "1"), **dict.fromkeys(row.personal, personal)},
    }
    entry = LedgerEntry(
        organisation_id=uuid.UUID(int=1),
        index=4,
        body=json.dumps(body).encode(),
        leaf_hash=bytes(32),
        event=code,
        recorded_at=datetime(2026, 11, 21, 10, tzinfo=UTC),
        actor_kind=kind,
        actor_id="1",
        subject_kind="modelversion",
        subject_id=uuid.UUID(int=2),
    )
    return dict(json.loads(feed.ocsf(entry)))


def wrong(event: dict[str, Any]) -> list[str]:
    """Where an event is not what the schema says; empty when it is valid."""
    found = [f"{name} is missing" for name in REQUIRED - event.keys()]
    found += [f"{name} is unknown" for name in event.keys() - ALLOWED]
    objects = {
        "metadata": event["metadata"],
        "product": event["metadata"]["product"],
        "actor": event["actor"],
        "user": event["actor"]["user"],
        "entity": event["entity"],
    }
    for name, value in objects.items():
        allowed, one_of = OBJECTS[name]
        found += [f"{name}.{key} is unknown" for key in value.keys() - allowed]
        found += [] if one_of & value.keys() else [f"{name} names nothing"]
    if "host" not in event["metadata"].get("profiles", []):
        found.append("actor belongs to the profile host, which is not named")
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        found.append("type_uid is not that of the class and the activity")
    return found + _captions(event) + _captions(event["actor"]["user"])


def _captions(value: dict[str, Any]) -> list[str]:
    found = []
    for name, (sibling, captions) in CAPTIONS.items():
        if name in value and value[name] != OTHER and captions.get(value[name]) != value.get(sibling):
            found.append(f"{sibling} is not the caption of {name} {value[name]}")
    return found


@pytest.mark.parametrize("code", sorted(EVENTS))
def test_it_is_valid(code: str) -> None:
    for kind in ("person", "service", "system"):
        event = told(code, kind)
        assert wrong(event) == []
        assert (event["class_uid"], event["category_uid"], event["metadata"]["version"]) == (3004, 3, "1.1.0")
        assert isinstance(event["time"], int)


@pytest.mark.parametrize(
    ("name", "value"),
    [("severity_id", 4), ("class_uid", 3005), ("surprise", 1), ("entity", {}), ("metadata", {"product": {}})],
)
def test_the_judge_notices_what_is_wrong(name: str, value: Any) -> None:
    assert wrong({**told("role.granted", "person"), name: value})
