"""Hypothesis looks for bytes that crash a parser, or that are accepted without being right. 10,000 of each at night."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

from assay_client import dsse, keys, revocations, statement, strict_json, summary
from assay_client.keys import PinnedKey
from assay_client.log import checkpoints, codes, entries, notes, policy, receipts, tree
from assay_client.times import UTC
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.client import logs
from tests.client.command import DIGEST
from tests.client.logs import Log
from tests.client.verdicts import SIGNER, VERIFIER, answer, door, envelope, public, question, vkey
from tests.client.verdicts import statement as statement_of

FUZZ = settings(
    max_examples=10_000 if os.environ.get("ASSAY_NIGHTLY") == "1" else 300,
    deadline=None,
    derandomize=os.environ.get("ASSAY_NIGHTLY") != "1",
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
NOW = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)
LOG = Log.of(7)
LEAVES = LOG.leaves
POLICY = policy.parse(json.dumps(logs.policy()).encode())
DOOR = summary.VerdictPolicy((PinnedKey(VERIFIER, public(SIGNER)),))

CHECKPOINT = logs.checkpoint(LEAVES, 7)
RECEIPT = logs.receipt(LOG.entries, 4)
ENVELOPE = json.dumps(envelope(statement_of(answer(question(), NOW)))).encode()
ODD = [
    b"\0", b"\n", b"\r\n", b"\n\n", b" ", b"+", b"-", b"=", b"0", "—".encode(), "— ".encode(), "\u202e".encode(),
    "\u2028".encode(), "٣".encode(), "\ufeff".encode(), b"\xff", b"\xed\xa0\x80", b"AAAA", b"{", b"[" * 2000, b'"',
    b"18446744073709551616", b"9" * 5000, b"1e9", b"c2sp.org/tlog-proof@v1\n", b"index 0\n", b"extra \n",
]  # fmt: skip


def near(right: bytes) -> st.SearchStrategy[bytes]:
    """The right bytes with pieces cut out, put in, doubled; or noise."""
    piece = st.sampled_from(ODD) | st.binary(max_size=8)
    splices = st.lists(
        st.tuples(st.integers(0, len(right)), st.integers(0, 60), piece, st.integers(1, 2)), max_size=4
    )

    def damaged(changes: list[tuple[int, int, bytes, int]]) -> bytes:
        data = right
        for start, cut, put, times in changes:
            data = data[:start] + put * times + data[start + cut :]
        return data

    return splices.map(damaged) | st.binary(max_size=300)


def outcome(read: Callable[[], Any], *refusals: type[Exception]) -> Any:
    """What was read, or None where it was refused in the way it has to be; anything else fails the test."""
    try:
        return read()
    except refusals:
        return None


@FUZZ
@given(near(CHECKPOINT))
@example(CHECKPOINT)
def test_notes_and_checkpoints(data: bytes) -> None:
    outcome(lambda: notes.parse(data), notes.BadNote)
    proven = outcome(lambda: POLICY.proven(data), policy.NotProven)
    if proven is not None:
        text = data[: data.rindex(b"\n\n") + 1]
        assert text == CHECKPOINT[: CHECKPOINT.rindex(b"\n\n") + 1], "the log signed only this"
        assert (proven.checkpoint.size, proven.checkpoint.root) == (7, logs.root(LEAVES))
    assert b"".join(checkpoints.notes(data)) == data


@FUZZ
@given(near(CHECKPOINT.split(b"\n\n")[0] + b"\n"))
def test_a_checkpoint_body_has_one_spelling(data: bytes) -> None:
    found = outcome(lambda: checkpoints.body(data), checkpoints.BadCheckpoint)
    if found is not None:
        again = f"{found.origin}\n{found.size}\n{logs.b64(found.root)}\n".encode()
        assert data.startswith(again)
        assert 0 <= found.size < 2**64
        assert len(found.root) == 32


@FUZZ
@given(near(RECEIPT))
@example(RECEIPT)
def test_receipts(data: bytes) -> None:
    kept = outcome(lambda: receipts.kept(data, POLICY), receipts.BadReceipt, policy.NotProven)
    if kept is not None:
        assert base64.b64decode(data.split(b"\n")[1][6:]) == LOG.entries[kept.entry.index]
    if data == RECEIPT:
        assert kept is not None, "the positive control"


@FUZZ
@given(near(ENVELOPE))
@example(ENVELOPE)
def test_envelopes(data: bytes) -> None:
    def read() -> summary.Summary:
        parsed = strict_json.parse(data)
        return summary.proven(parsed, DOOR, artifact=DIGEST, resource="production", now=NOW)

    found = outcome(read, strict_json.NotJson, statement.NotProven)
    if found is not None:
        assert json.loads(data)["payload"] == json.loads(ENVELOPE)["payload"], "only this was signed"
    if data == ENVELOPE:
        assert found is not None, "the positive control"


@FUZZ
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.floats(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["payload", "payloadType", "signatures", "sig", "keyid", *summary.FIELDS, "id", "key"]
                ),
                inner,
            )
        ),
        max_leaves=9,
    )
)
def test_any_json_is_no_envelope_and_no_policy(document: Any) -> None:
    assert outcome(lambda: dsse.opened(document, "x", keys.parse(vkey())), dsse.BadEnvelope) is None
    data = json.dumps(document).encode()
    assert outcome(lambda: summary.parse_policy(data), summary.BadPolicy) is None
    assert outcome(lambda: policy.parse(data), policy.BadPolicy) is None
    assert outcome(lambda: revocations.read(data, VERIFIER, DOOR.verifiers, NOW), revocations.BadList) is None


@FUZZ
@given(near(json.dumps(logs.policy()).encode()), near(json.dumps(door()).encode()))
def test_policies(log: bytes, verdict: bytes) -> None:
    found = outcome(lambda: policy.parse(log), policy.BadPolicy)
    assert found is None or (found.keys[0].key.public, len(found.keys)) == (public(logs.LOG), 1)
    other = outcome(lambda: summary.parse_policy(verdict), summary.BadPolicy)
    assert other is None or other.verifiers[0].public == public(SIGNER)


@FUZZ
@given(near(logs.entry(4)))
@example(logs.entry(4))
def test_what_passes_quickly_for_an_entry_passes_slowly(data: bytes) -> None:
    found = outcome(lambda: entries.entry(data), entries.NotAnEntry)
    if found is not None and entries.Canonical(logs.ORIGIN).fits(data, 4):
        assert (found.index, found.log) == (4, logs.ORIGIN)
    if data == logs.entry(4):
        assert found is not None
        assert entries.Canonical(logs.ORIGIN).fits(data, 4), "the positive control"


HASHES = st.lists(
    st.sampled_from([*LEAVES, logs.root(LEAVES), logs.root(LEAVES[:4]), b"", bytes(31)]), max_size=6
)
SIZES = st.integers(-2, 12) | st.sampled_from([2**63, 2**64 - 1, 2**64])


@FUZZ
@given(st.sampled_from(LEAVES), SIZES, SIZES, HASHES)
def test_inclusion_proofs(leaf: bytes, index: int, size: int, proof: list[bytes]) -> None:
    if tree.includes(leaf=leaf, index=index, size=size, proof=proof, root=logs.root(LEAVES)):
        assert proof == logs.inclusion(LEAVES, LEAVES.index(leaf))


@FUZZ
@given(SIZES, SIZES, HASHES)
def test_consistency_proofs(size1: int, size2: int, proof: list[bytes]) -> None:
    roots = {size: logs.root(LEAVES[:size]) for size in range(8)}
    old, new = roots.get(size1, bytes(32)), roots.get(size2, bytes(32))
    if tree.extends(size1=size1, root1=old, size2=size2, root2=new, proof=proof) and size1 != size2:
        assert proof == logs.consistency(LEAVES[:size2], size1)


@FUZZ
@given(st.text(max_size=90) | st.binary(max_size=60).map(logs.b64))
def test_codes_have_one_spelling(text: str) -> None:
    data = outcome(lambda: codes.unbase64(text), codes.BadCode)
    assert data is None or logs.b64(data) == text
    number = outcome(lambda: codes.number(text), codes.BadCode)
    assert number is None or str(number) == text
    digits = outcome(lambda: codes.unhex(text), codes.BadCode)
    assert digits is None or digits.hex() == text.lower()


@FUZZ
@given(
    st.text(max_size=60)
    | near(logs.vkey().encode()).map(lambda data: data.decode("utf-8", "surrogateescape"))
)
@example(logs.vkey())
def test_verifier_keys(text: str) -> None:
    key = outcome(lambda: notes.verifier_key(text), notes.BadVerifierKey)
    if key is not None and key.supported:
        assert text == logs.vkey()
    if text == logs.vkey():
        assert key is not None, "the positive control"
