"""Witnesses: our own as a process, and answers that no honest one gives."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from assay_client.log import cosigning
from assay_client.log import notes as client_notes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from registry.ledger import halts
from registry.ledger.anchors.base import Disagrees, Kept, NotAnchored, Sent
from registry.ledger.anchors.witness import WitnessAnchor
from registry.ledger.checkpoint_models import LedgerAnchor, LedgerCheckpoint, LedgerKey
from registry.ledger.models import LedgerHead
from registry.ledger.notes import Checkpoint, VerifierKey
from registry.services import anchors, checkpoints
from tests.cast import Cast
from tests.client.test_witness import Service
from tests.registry.ledger.lifted import lifted
from tests.registry.test_checkpoints import append, folders, issued
from tests.registry.test_tampering_and_anchors import memory, restore

__all__ = ["folders"]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VKEY = cosigning.vkey_of("w.example", client_notes.COSIGNATURE, KEY.public_key().public_bytes_raw())
ROOT, SIGNED = (base64.b64encode(bytes(count)).decode() for count in (32, 68))
NOTE = f"log.example\n8\n{ROOT}\n\n— log.example {SIGNED}\n"


@pytest.fixture
def witness(cast: Cast, tmp_path: Path, settings: Any) -> Iterator[Service]:
    issued(cast)
    (tmp_path / "witness").mkdir()
    key = VerifierKey(origin(cast), bytes(LedgerKey.objects.get(organisation_id=cast.acme.pk).public))
    running = Service(tmp_path / "witness", origin(cast), str(key))
    settings.ASSAY_LOG_ANCHORS = [f"witness+http://{running.host}:{running.port}#{running.vkey}"]
    yield running
    running.stop()


def origin(cast: Cast) -> str:
    return LedgerHead.objects.get(pk=cast.acme.pk).origin


def test_it_works(cast: Cast, witness: Service) -> None:
    for count in (0, 3, 300):
        append(cast, count)
        checkpoints.issue(cast.acme.pk)
        assert not anchors.anchor(cast.acme.pk)[0].failed
    for row in LedgerAnchor.objects.filter(organisation_id=cast.acme.pk):
        note = LedgerCheckpoint.objects.get(organisation_id=cast.acme.pk, size=row.size).note
        found = client_notes.parse((note + row.evidence).encode())
        assert client_notes.signed(found, [witness.key]).by == (witness.key,)
    assert LedgerAnchor.objects.count() == 3


def test_a_database_that_forgot_its_anchors_begins_where_the_witness_is(cast: Cast, witness: Service) -> None:
    anchors.anchor(cast.acme.pk)
    append(cast, 3)
    issued(cast)
    with lifted():
        LedgerAnchor.objects.all().delete()
    assert not anchors.anchor(cast.acme.pk)[0].failed


def test_a_restored_log_that_was_continued_is_stopped(cast: Cast, folders: Path, witness: Service) -> None:
    size, copy = LedgerHead.objects.get(pk=cast.acme.pk).size, memory(folders, cast).read_text()
    append(cast, 5)
    issued(cast)
    anchors.anchor(cast.acme.pk)
    restore(cast, folders, (size, copy))
    append(cast, 9)
    issued(cast)  # the witness cannot be asked beforehand
    assert "do not continue" in anchors.anchor(cast.acme.pk)[0].failed
    assert "do not continue" in halts.reason(cast.acme.pk)


def test_a_log_that_is_shorter_than_the_witness_knows_is_stopped(
    cast: Cast, folders: Path, witness: Service
) -> None:
    size, copy = LedgerHead.objects.get(pk=cast.acme.pk).size, memory(folders, cast).read_text()
    append(cast, 5)
    issued(cast)
    anchors.anchor(cast.acme.pk)
    restore(cast, folders, (size, copy))
    append(cast, 2)
    issued(cast)
    assert "are not there any more" in anchors.anchor(cast.acme.pk)[0].failed
    assert halts.reason(cast.acme.pk)


def test_a_witness_that_is_away_stops_nothing(cast: Cast, witness: Service) -> None:
    witness.stop()
    assert "does not answer" in anchors.anchor(cast.acme.pk)[0].failed
    append(cast)


class Answers(WitnessAnchor):
    """A witness whose answers are given."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        super().__init__(f"witness+https://w.example#{VKEY}")
        self._answers = list(answers)
        self.asked: list[int] = []

    def _asked(self, sent: Sent, old: int) -> tuple[int, str]:
        self.asked.append(old)
        return self._answers.pop(0)


def sent(known: int = 3, longest: int = 8) -> Sent:
    return Sent(NOTE, Checkpoint("log.example", 8, bytes(32)), known, lambda _: [], lambda: longest)


def cosigned() -> tuple[int, str]:
    text = NOTE.partition("\n\n")[0] + "\n"
    made = KEY.sign(f"cosignature/v1\ntime 1900000000\n{text}".encode())
    key = client_notes.verifier_key(VKEY)
    blob = key.key_id + (1_900_000_000).to_bytes(8, "big") + made
    return 200, f"— w.example {base64.b64encode(blob).decode()}\n"


@pytest.mark.parametrize("size", ["0", "2", "8"])
def test_another_size_is_begun_from(size: str) -> None:
    place = Answers((409, f"{size}\n"), cosigned())
    assert place.put(sent()) == Kept("signed by w.example at 2030-03-17T17:46:40Z", cosigned()[1])
    assert place.asked == [3, int(size)]


@pytest.mark.parametrize(
    ("answer", "known"),
    [((422, "no"), 3), ((422, "no"), 8), ((409, "9\n"), 3), ((409, "3\n"), 3), ((409, "root mismatch"), 8)],
)
def test_a_disagreement_is_never_tried_again(answer: tuple[int, str], known: int) -> None:
    place = Answers(answer)
    with pytest.raises(Disagrees):
        place.put(sent(known))
    assert place.asked == [known]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([(403, "")], "does not trust the key"),
        ([(404, "")], "does not know this log"),
        ([(429, "")], "too much to do"),
        ([(500, "")], "answered 500"),
        ([(301, "")], "answered 301"),
        ([(409, "x")], "without a size"),
        ([(409, "1"), (409, "2"), (409, "1")], "names another size each time"),
        ([(200, "")], "did not answer with its signature"),
        ([(200, "— w.example AAAAAAAA\n")], "did not answer with its signature"),
        ([(200, cosigned()[1].replace("w.example", "v.example"))], "has not signed it"),
    ],
)
def test_what_is_no_signature_anchors_nothing(answers: list[tuple[int, str]], words: str) -> None:
    with pytest.raises(NotAnchored, match=words):
        Answers(*answers).put(sent())


def test_a_newer_checkpoint_of_this_log_is_no_disagreement() -> None:
    with pytest.raises(NotAnchored, match="newer checkpoint of 9"):
        Answers((409, "9\n")).put(sent(longest=12))


def test_a_signature_of_another_text_is_none() -> None:
    status, line = cosigned()
    other = sent()
    forged = Sent(NOTE.replace("\n8\n", "\n9\n"), other.checkpoint, 3, other.path, other.longest)
    with pytest.raises(NotAnchored, match="is not of this text"):
        Answers((status, line)).put(forged)


@pytest.mark.parametrize("key", ["", "x", f"w.example+00000000+{VKEY.rpartition('+')[2]}", "w+0+AQ=="])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no key after the #"):
        WitnessAnchor(f"witness+https://w.example#{key}")
