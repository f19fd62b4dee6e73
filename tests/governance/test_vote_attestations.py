"""A vote as a statement that the service signs: for those who keep proof beside the artifact."""

import json

from assay_client import dsse, keys

from governance.models import Vote
from governance.services import answers
from registry.ledger.models import LedgerEntry
from tests.calls import api
from tests.cast import Cast
from tests.governance import staging


def test_it_says_who_approved_what_and_where_the_log_tells_of_it(cast: Cast, printer: None) -> None:
    staging.allowed(cast)
    vote = Vote.objects.get(voter=cast.vera)
    envelope = api(cast, "aud").get(f"/api/v1/votes/{vote.pk}/attestation").json()
    opened = dsse.opened(envelope, "application/vnd.in-toto+json", keys.parse(answers.public_key()["key"]))
    statement = json.loads(opened.payload)
    told = statement["predicate"]
    assert statement["subject"] == [{"digest": {"sha256": vote.subject_digest.removeprefix("sha256:")}}]
    assert (told["voter"], told["role"], told["verdict"]) == (str(cast.vera.pk), "validator", "approve")
    entry = LedgerEntry.objects.get(organisation_id=cast.acme.pk, index=told["log"]["index"])
    assert json.loads(bytes(entry.body))["data"]["vote_id"] == str(vote.pk)


def test_it_names_nobody_and_quotes_nothing(cast: Cast, printer: None) -> None:
    staging.allowed(cast)
    vote = Vote.objects.get(voter=cast.vera)
    envelope = api(cast, "vera").get(f"/api/v1/votes/{vote.pk}/attestation").json()
    payload = dsse.claimed(envelope).decode()
    assert cast.vera.first_name not in payload
    assert vote.comment not in payload


def test_a_stranger_gets_none(cast: Cast, printer: None) -> None:
    staging.allowed(cast)
    vote = Vote.objects.latest("voted_at")
    assert api(cast, "oscar").get(f"/api/v1/votes/{vote.pk}/attestation").status_code == 404
