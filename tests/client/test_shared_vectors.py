"""The published vectors of DSSE and of signed-note verifier keys."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import pytest
from assay_client import dsse, keys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from tests.client.shared import vectors


@dataclass(frozen=True)
class EcdsaKey:
    """The kind of key that the published vector uses; the client itself only pins Ed25519."""

    x: int
    y: int

    def verifies(self, signature: bytes, message: bytes) -> bool:
        if len(signature) != 64:
            return False
        pair = encode_dss_signature(
            int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        )
        numbers = ec.EllipticCurvePublicNumbers(self.x, self.y, ec.SECP256R1())
        try:
            numbers.public_key().verify(pair, message, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


def changed(rule: str, envelope: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The envelope that a rule speaks of, and how many keys must have signed it."""
    first = envelope["signatures"][0]
    if rule == "urlsafe-base64":
        first = {"sig": first["sig"].replace("+", "-").replace("/", "_")}
        return {**envelope, "signatures": [first]}, 1
    if rule == "payload-type-changed":
        return {**envelope, "payloadType": "http://example.com/Other"}, 1
    if rule == "no-signatures":
        return {**envelope, "signatures": []}, 1
    if rule == "same-key-twice-threshold-2":
        return {**envelope, "signatures": [first, first]}, 2
    if rule == "keyid-wrong-but-signature-right":
        return {**envelope, "signatures": [{**first, "keyid": "of another key"}]}, 1
    raise AssertionError(f"a rule that this test does not know: {rule}")


def test_it_opens_the_published_envelope() -> None:
    vector = vectors("dsse/pae.json")
    payload = vector["payload"].encode()
    assert dsse.pae(vector["payload_type"], payload) == vector["pae"].encode()
    key = EcdsaKey(int(vector["pub_x"]), int(vector["pub_y"]))
    assert dsse.opened(vector["envelope"], vector["payload_type"], [key]).payload == payload


def test_it_keeps_the_published_rules() -> None:
    vector = vectors("dsse/pae.json")
    key = EcdsaKey(int(vector["pub_x"]), int(vector["pub_y"]))
    for rule in vector["rules"]:
        envelope, threshold = changed(rule["id"], vector["envelope"])
        if "accept" in rule["want"]:
            assert dsse.opened(envelope, envelope["payloadType"], [key], threshold).signers == (key,)
        else:
            with pytest.raises(dsse.BadEnvelope):
                dsse.opened(envelope, envelope["payloadType"], [key], threshold)


def test_it_reads_the_published_verifier_keys() -> None:
    for case in vectors("signed-note/vkeys.json")["cases"]:
        if case["want"] == "accept":
            (key,) = keys.parse(case["vkey"])
            assert key.name == case["vkey"].split("+")[0]
        else:
            with pytest.raises(keys.BadKey):
                keys.parse(case["vkey"])


def test_no_part_and_no_neighbour_of_a_verifier_key_is_one() -> None:
    whole = vectors("signed-note/vkeys.json")["cases"][0]["vkey"]
    parts = [whole[:end] for end in range(len(whole))] + [whole[start:] for start in range(1, len(whole))]
    neighbours = [whole[:i] + chr(ord(whole[i]) + 1) + whole[i + 1 :] for i in range(len(whole))]
    for text in parts + neighbours:
        with pytest.raises(keys.BadKey):
            keys.parse(text)


def test_signatures_of_a_real_ed25519_key_are_told_apart() -> None:
    (key,) = keys.parse(base64.b64encode(bytes(range(32))).decode())
    assert not key.verifies(b"", b"message")
    assert not key.verifies(bytes(64), b"message")
