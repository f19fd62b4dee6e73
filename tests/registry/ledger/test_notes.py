"""Signed notes and checkpoints: every published case, every flipped bit."""

import base64
import json
from collections import Counter
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from registry.ledger import notes
from registry.ledger.notes import Checkpoint, Malformed, VerifierKey
from tests.shared import shared

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey("assay.example/log/1", PRIVATE.public_key().public_bytes_raw())
CHECKPOINT = Checkpoint("assay.example/log/1", 42, bytes(range(32)))


def cases(*parts: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shared("vectors", *parts).read_text())["cases"]
    return found


def keys(texts: list[str]) -> list[VerifierKey]:
    """The keys of a case that this reader knows: those of other kinds are unknown to it."""
    found = []
    for text in texts:
        try:
            found.append(VerifierKey.read(text))
        except Malformed:
            continue
    return found


def test_what_is_signed_is_read_again() -> None:
    note = notes.sign(CHECKPOINT, KEY, PRIVATE.sign)
    again = notes.parse(str(note))
    assert again.verified_by([KEY]) == [KEY]
    assert Checkpoint.read(again.text) == CHECKPOINT
    assert VerifierKey.read(str(KEY)) == KEY


def test_published_notes() -> None:
    outcomes: Counter[tuple[str, str]] = Counter()
    for case in cases("signed-note", "open.json"):
        try:
            text = base64.b64decode(case["note_b64"]).decode()
            found = notes.parse(text).verified_by(keys(case["vkeys"]))
        except (Malformed, UnicodeDecodeError):
            found = []
        outcomes[case["want"], "accept" if found else "reject"] += 1
        if case["want"] == "accept":
            assert [key.name for key in found] == case["verified_names"], case["id"]
    assert set(outcomes) == {("accept", "accept"), ("reject", "reject")}, outcomes
    assert sum(outcomes.values()) == 20


def test_published_checkpoint_bodies() -> None:
    outcomes: Counter[str] = Counter()
    for case in cases("checkpoint", "bodies.json"):
        text = case["body"] if "body" in case else base64.b64decode(case["body_b64"]).decode()
        if case["want"] == "accept":
            found = Checkpoint.read(text)
            assert (found.origin, found.size) == (case["origin"], case["size"])
        else:
            with pytest.raises(Malformed):
                Checkpoint.read(text)
        outcomes[case["want"]] += 1
    assert min(outcomes.values()) > 0
    assert sum(outcomes.values()) == 19


def test_every_flipped_bit_is_noticed() -> None:
    good = str(notes.sign(CHECKPOINT, KEY, PRIVATE.sign)).encode()
    for place in range(len(good) * 8):
        bad = bytearray(good)
        bad[place // 8] ^= 1 << place % 8
        try:
            verified = notes.parse(bad.decode()).verified_by([KEY])
        except (Malformed, UnicodeDecodeError):
            continue
        assert not verified, place


def test_a_bad_signature_of_a_known_key_spoils_the_note() -> None:
    note = notes.sign(CHECKPOINT, KEY, PRIVATE.sign)
    spoiled = notes.Note(note.text, ((KEY.name, KEY.id, bytes(64)),))
    with pytest.raises(Malformed, match="not of this text"):
        spoiled.verified_by([KEY])


@given(st.text())
def test_no_text_makes_the_readers_fall_over(text: str) -> None:
    for read in (notes.parse, Checkpoint.read, VerifierKey.read):
        try:
            read(text)
        except Malformed:
            continue
