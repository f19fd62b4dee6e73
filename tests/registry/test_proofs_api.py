"""What others can check by themselves: checkpoints, proofs and receipts over the API."""

import base64
from typing import Any

import pytest
from rest_framework.test import APIClient

from registry.ledger import chain, halts, notes
from registry.ledger.checkpoint_models import LedgerTile
from registry.ledger.models import LedgerEntry
from registry.ledger.notes import Checkpoint, VerifierKey
from registry.ledger.tiles import root_by_path
from registry.services import checkpoints
from tests.cast import Cast
from tests.completeness.rules import NEW_SYSTEM
from tests.registry.ledger.lifted import lifted
from tests.registry.test_checkpoints import append, folders

__all__ = ["folders"]
LOG = "/api/v1/ledger"


def ask(cast: Cast, path: str, name: str = "aud", **query: Any) -> Any:
    client = APIClient()
    client.force_login(getattr(cast, name))
    return client.get(f"{LOG}/{path}", query)


def test_a_checkpoint_with_its_keys(cast: Cast) -> None:
    assert ask(cast, "checkpoint").status_code == 404
    checkpoints.issue(cast.acme.pk)
    told = ask(cast, "checkpoint").json()
    [key] = told["keys"]
    note = notes.parse(told["note"])
    assert note.verified_by([VerifierKey.read(key["vkey"])])
    assert Checkpoint.read(note.text) == Checkpoint(told["origin"], told["size"], bytes.fromhex(told["root"]))
    assert (key["from_size"], key["until_size"]) == (0, None)


def test_an_entry_is_shown_to_be_in_the_log(cast: Cast) -> None:
    checkpoints.issue(cast.acme.pk)
    told = ask(cast, "inclusion", index=2).json()
    body = bytes(LedgerEntry.objects.get(organisation_id=cast.acme.pk, index=2).body)
    path = [bytes.fromhex(node) for node in told["proof"]]
    signed = told["checkpoint"]
    assert told["leaf_hash"] == chain.leaf_hash(body).hex()
    assert root_by_path(chain.leaf_hash(body), 2, signed["size"], path) == bytes.fromhex(signed["root"])


def test_a_log_is_shown_to_have_only_grown(cast: Cast) -> None:
    old = checkpoints.issue(cast.acme.pk)
    append(cast, 20)
    new = checkpoints.issue(cast.acme.pk)
    assert old
    assert new
    told = ask(cast, "consistency", old=old.size, new=new.size).json()
    assert (told["old"]["note"], told["new"]["note"]) == (old.note, new.note)
    assert told["proof"]
    assert ask(cast, "consistency", old=new.size, new=old.size).status_code == 400
    assert ask(cast, "consistency", old=1, new=new.size).status_code == 404


def test_a_receipt_is_one_text(cast: Cast) -> None:
    checkpoints.issue(cast.acme.pk)
    answer = ask(cast, "receipt", index=1)
    lines = answer.content.decode().split("\n")
    body = bytes(LedgerEntry.objects.get(organisation_id=cast.acme.pk, index=1).body)
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert base64.b64decode(lines[1].removeprefix("extra ")) == body
    assert lines[2] == "index 1"
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


def test_what_no_checkpoint_covers_has_no_receipt_yet(cast: Cast) -> None:
    made = checkpoints.issue(cast.acme.pk)
    append(cast)
    assert made
    answer = ask(cast, "receipt", index=made.size)
    assert (answer.status_code, answer.json()["code"]) == (409, "log.not_covered")
    assert ask(cast, "receipt", index=10**6).status_code == 404


@pytest.mark.parametrize("index", ["", "-1", "x", "1.5", "9" * 19, "٣"])
def test_an_index_is_a_whole_number(cast: Cast, index: str) -> None:
    assert ask(cast, "receipt", index=index).status_code == 400


def test_only_who_may_read_the_log(cast: Cast) -> None:
    checkpoints.issue(cast.acme.pk)
    for path in ("checkpoint", "inclusion?index=0", "receipt?index=0", "consistency?old=0&new=1"):
        client = APIClient()
        client.force_login(cast.oscar)
        assert (
            client.get(f"{LOG}/{path}&organisation=acme".replace("checkpoint&", "checkpoint?")).status_code
            == 404
        )


def test_damaged_tiles_show_nothing(cast: Cast) -> None:
    append(cast, 300)
    checkpoints.issue(cast.acme.pk)
    with lifted():
        LedgerTile.objects.update(hashes=bytes(256 * 32))
    answer = ask(cast, "receipt", index=3)
    assert (answer.status_code, answer.json()["code"]) == (503, "log.damaged")


def test_the_log_stays_readable_while_it_is_stopped(cast: Cast) -> None:
    checkpoints.issue(cast.acme.pk)
    halts.halt(cast.acme.pk, "Looked at.")
    assert ask(cast, "receipt", index=0).status_code == 200
    client = APIClient()
    client.force_login(cast.olga)
    answer = client.post("/api/v1/systems", NEW_SYSTEM, format="json")
    assert (answer.status_code, answer.json()["code"]) == (503, "log.halted")
