"""Receipts of decisions and votes: CI and approvers keep them, whatever becomes of the log."""

import json
from typing import Any

import pytest
from assay_client.log import policy
from assay_client.log import receipts as offline
from rest_framework.test import APIClient

from governance.models import Decision, Vote
from registry.ledger.models import LedgerHead
from registry.models import Organisation
from registry.services import checkpoints, receipts
from tests.cast import Cast
from tests.governance import staging


def pinned(organisation: Organisation) -> policy.LogPolicy:
    """What somebody was told beforehand: the log's name and its keys."""
    keys = [vars(one) for one in receipts.ranges(organisation.pk)]
    origin = LedgerHead.objects.get(pk=organisation.pk).origin
    told = {"origin": origin, "keys": keys, "witnesses": [], "quorum": 0}
    return policy.parse(json.dumps(told).encode())


def fetched(cast: Cast, address: str, name: str) -> Any:
    client = APIClient()
    client.force_login(getattr(cast, name))
    return client.get(address)


def test_a_decision_has_a_receipt_that_the_client_verifies(cast: Cast, printer: None) -> None:
    staging.allowed(cast)
    decision = Decision.objects.latest("decided_at")
    address = f"/api/v1/gate/decisions/{decision.pk}/receipt"
    assert fetched(cast, address, "dev").json()["code"] == "log.not_covered"
    checkpoints.issue(cast.acme.pk)
    kept = offline.kept(fetched(cast, address, "dev").content, pinned(cast.acme))
    told = kept.entry.document["data"]
    assert (told["decision_id"], told["verdict"]) == (str(decision.pk), decision.verdict)


def test_an_entry_that_is_too_large_is_fetched_beside_its_receipt(
    cast: Cast, printer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    staging.allowed(cast)
    checkpoints.issue(cast.acme.pk)
    decision = Decision.objects.latest("decided_at")
    address = f"/api/v1/gate/decisions/{decision.pk}/receipt"
    monkeypatch.setattr(receipts, "MAX_LINE", 100)
    receipt, entry = (
        fetched(cast, address, "dev").content,
        fetched(cast, f"{address}?part=entry", "dev").content,
    )
    assert b"extra" not in receipt
    with pytest.raises(offline.BadReceipt, match="beside it"):
        offline.kept(receipt, pinned(cast.acme))
    assert offline.kept(receipt, pinned(cast.acme), entry).entry.document["data"]["decision_id"] == str(
        decision.pk
    )
    assert fetched(cast, f"{address}?part=entry", "oscar").status_code == 404


def test_a_vote_has_a_receipt_of_its_own(cast: Cast, printer: None) -> None:
    staging.allowed(cast)
    checkpoints.issue(cast.acme.pk)
    seen = set()
    for vote in Vote.objects.all():
        answer = fetched(cast, f"/api/v1/votes/{vote.pk}/receipt", "vera")
        kept = offline.kept(answer.content, pinned(cast.acme))
        assert kept.entry.document["data"]["vote_id"] == str(vote.pk)
        seen.add(kept.entry.index)
    assert len(seen) == Vote.objects.count() > 1


@pytest.mark.parametrize("path", ["gate/decisions/{decision}/receipt", "votes/{vote}/receipt"])
def test_a_stranger_gets_none(cast: Cast, printer: None, path: str) -> None:
    staging.allowed(cast)
    checkpoints.issue(cast.acme.pk)
    decision, vote = Decision.objects.latest("decided_at").pk, Vote.objects.latest("voted_at").pk
    address = f"/api/v1/{path.format(decision=decision, vote=vote)}"
    assert fetched(cast, address, "oscar").status_code == 404
    assert fetched(cast, address, "aud").status_code == 200


def test_a_receipt_outlives_the_log(cast: Cast, printer: None) -> None:
    """Whoever cuts the log afterwards cannot take back what was handed out."""
    staging.allowed(cast)
    checkpoints.issue(cast.acme.pk)
    vote, trusted = Vote.objects.latest("voted_at"), pinned(cast.acme)
    text = fetched(cast, f"/api/v1/votes/{vote.pk}/receipt", "vera").content
    assert offline.kept(text, trusted).entry.index < LedgerHead.objects.get(pk=cast.acme.pk).size
    with pytest.raises(offline.BadReceipt):
        offline.kept(text.replace(b"index ", b"index 1"), trusted)
