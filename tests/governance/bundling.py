"""Bundles of real decisions, through the real services, and what whoever gets one was told beforehand."""

import io
import json
import zipfile
from typing import Any

from governance.models import Decision
from governance.services import answers, bundles, decisions
from registry.ledger.models import LedgerHead
from registry.models import ModelVersion
from registry.services import checkpoints, receipts
from tests.cast import Cast


def decided(cast: Cast, version: ModelVersion, environment: str = "production") -> Decision:
    """The answer at a door, stored, and covered by a signed checkpoint."""
    answer = decisions.ask(
        actor=cast.actor("ci"), artifact_digest=version.artifact.digest, environment=environment
    )
    checkpoints.issue(cast.acme.pk)
    return Decision.objects.select_related("system").get(pk=answer.decision_id)


def bundle(cast: Cast, version: ModelVersion) -> bytes:
    """The bundle of the answer at the door."""
    return bundles.of_decision(decided(cast, version))


def opened(data: bytes) -> dict[str, bytes]:
    """Every file of a bundle by its name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def log_policy(cast: Cast) -> bytes:
    """Whose log it is, and its keys."""
    told: dict[str, Any] = {
        "origin": LedgerHead.objects.get(pk=cast.acme.pk).origin,
        "keys": [vars(one) for one in receipts.ranges(cast.acme.pk)],
        "witnesses": [],
        "quorum": 0,
    }
    return json.dumps(told).encode()


def verdict_key() -> str:
    """The key of the verdicts, as it is pinned."""
    return str(answers.public_key()["key"])
