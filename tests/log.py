"""What the log says, as a reader who may know the personal texts sees it."""

import json
from typing import Any

from registry.ledger.models import PersonalText
from registry.models import LedgerEntry


def logged(event: str) -> list[dict[str, Any]]:
    """The entries of an event, each whole: `by` whom, `on` what, `in` which system, and its data with the texts."""
    return [_read(entry) for entry in LedgerEntry.objects.filter(event=event).order_by("index")]


def _read(entry: LedgerEntry) -> dict[str, Any]:
    body = json.loads(bytes(entry.body))
    kept = PersonalText.objects.filter(organisation_id=entry.organisation_id, index=entry.index)
    texts = dict(kept.values_list("key", "text"))
    told = {"by": texts.get("actor.name", body["actor"]["name"]), "on": body["subject"], "in": body["system"]}
    return {**told, **{key: texts.get(key, value) for key, value in body["data"].items()}}
