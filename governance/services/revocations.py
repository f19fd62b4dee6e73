"""The signed list of verdicts taken back: allows that have not expired, and that the gate would not give any more."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Sum
from django.utils import timezone

from governance import selectors
from governance.dossier import gather_version
from governance.gates import codec
from governance.models import Decision, GateVerdict
from governance.services import asking, signing
from registry.ledger.models import LedgerHead
from registry.models import ModelVersion
from registry.stages import VersionStage

FORMAT: Final = "assay-revocations/1"
PAYLOAD_TYPE: Final = "application/vnd.assay.revocations+json"
# Everybody may fetch the list. It is made again when a log has grown, and now and then because time passes.
KEPT_SECONDS: Final = 60
# What a verdict is worth. One that would be worth less today is taken back.
_WORTH: Final = {
    str(GateVerdict.DENY): 0,
    str(GateVerdict.ALLOW_WITH_WAIVER): 1,
    str(GateVerdict.ALLOW): 2,
}
_ENDED: Final = {
    str(VersionStage.SUSPENDED): "The version was suspended.",
    str(VersionStage.RETIRED): "The version was retired.",
    str(VersionStage.REJECTED): "The version was rejected.",
}
_CHANGED: Final = "Facts have changed since, and the gate does not allow it any more."
_WAIVED_ONLY: Final = "Facts have changed since, and the gate allows it with a waiver only."


def signed() -> dict[str, Any]:
    """The list in a DSSE envelope, signed with the keys of the verdicts."""
    logs = LedgerHead.objects.aggregate(logs=Count("pk"), entries=Sum("size"))
    name = f"assay-revocations:{logs['logs']}:{logs['entries']}"
    envelope: dict[str, Any] | None = cache.get(name)
    if envelope is None:
        envelope = signing.envelope(document(timezone.now()), kind=PAYLOAD_TYPE)
        cache.set(name, envelope, KEPT_SECONDS)
    return envelope


def document(now: datetime) -> dict[str, Any]:
    """What is signed: every revoked verdict that has not expired, and until when the list is good.

    It has the verdicts of every organisation: a door with the list of another one would let a revoked one pass.
    So it says of each no more than its number, a time and one of a few sentences.
    """
    until = now + timedelta(minutes=settings.ASSAY_REVOCATIONS_MINUTES)
    return {
        "format": FORMAT,
        "verifier": settings.ASSAY_PUBLIC_URL,
        "issued_at": codec.moment(now),
        "valid_until": codec.moment(until),
        "revoked": list(_revoked(now)),
    }


def _revoked(now: datetime) -> Iterator[dict[str, str]]:
    rows = selectors.open_allows(now)
    for _, found in groupby(rows, key=lambda row: (row.model_version_id, row.environment)):
        decisions = list(found)
        old = [decision for decision in decisions if decision.newest_fact is not None]
        # What holds still was decided on all the facts; else they are looked at again.
        fresh = next((decision for decision in decisions if decision.newest_fact is None), None)
        if old:
            yield from _taken_back(old, str(fresh.verdict) if fresh else _now(decisions[0]))


def _taken_back(old: list[Any], verdict: str) -> Iterator[dict[str, str]]:
    for decision in old:
        if _WORTH[decision.verdict] <= _WORTH[verdict]:
            continue
        yield {
            "decision": str(decision.pk),
            "revoked_at": codec.moment(decision.newest_fact),
            "reason": _reason(decision.model_version.stage, verdict),
        }


def _reason(stage: str, verdict: str) -> str:
    if verdict != GateVerdict.DENY:
        return _WAIVED_ONLY
    return _ENDED.get(stage, _CHANGED)


def _now(decision: Decision) -> str:
    """What the gate would answer now. It is not asked: nobody's question, so no decision is kept."""
    version = ModelVersion.objects.select_related("model__system").get(decisions=decision)
    return asking.made(gather_version(version).at_door(decision.environment)).verdict.value
