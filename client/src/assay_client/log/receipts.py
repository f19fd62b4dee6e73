"""Receipts: one entry, and the proof that it stands in a signed checkpoint (C2SP tlog-proof v1)."""

from __future__ import annotations

from dataclasses import dataclass

from assay_client.log import tree
from assay_client.log.codes import BadCode, number, unbase64
from assay_client.log.entries import Entry, NotAnEntry, entry, log_of
from assay_client.log.policy import LogPolicy, Proven

HEADER = "c2sp.org/tlog-proof@v1"
MAX_LINE = 65_535
MAX_PROOF = 64


class BadReceipt(ValueError):
    """The bytes are no receipt, or one that proves nothing."""


@dataclass(frozen=True)
class Receipt:
    """The parts of a receipt; nothing is believed yet."""

    extra: bytes | None
    index: int
    proof: tuple[bytes, ...]
    checkpoint: bytes


@dataclass(frozen=True)
class Kept:
    """An entry that the log kept: what it says, and the checkpoint that covers it."""

    entry: Entry
    proven: Proven


def parse(data: bytes) -> Receipt:
    """The parts of a receipt in the order of the specification."""
    above, blank, checkpoint = data.partition(b"\n\n")
    if not blank:
        raise BadReceipt("it has no empty line before its checkpoint")
    if any(len(line) > MAX_LINE for line in data.split(b"\n")):
        raise BadReceipt(f"a line in it is longer than {MAX_LINE} bytes")
    try:
        header, *lines = above.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise BadReceipt("it does not begin with lines of ASCII") from None
    if header != HEADER:
        raise BadReceipt(f"it does not begin with {HEADER}")
    try:
        extra = unbase64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
        if not lines or not lines[0].startswith("index "):
            raise BadReceipt("it does not say the index of its entry")
        index = number(lines.pop(0)[6:])
        proof = tuple(unbase64(line) for line in lines)
    except BadCode as error:
        raise BadReceipt(f"a value in it {error}") from None
    if len(proof) > MAX_PROOF or any(len(one) != tree.HASH for one in proof):
        raise BadReceipt("its proof is not a few SHA-256 hashes")
    return Receipt(extra, index, proof, checkpoint)


def kept(data: bytes, policy: LogPolicy, beside: bytes | None = None) -> Kept:
    """The entry of a receipt, once its log, its place and the checkpoint are what the policy asks.

    An entry that is too large for a receipt lies beside it.
    """
    receipt = parse(data)
    proven = policy.proven(receipt.checkpoint)
    policy.require_quorum(proven)
    body = beside if receipt.extra is None else receipt.extra
    if body is None:
        raise BadReceipt("it does not hold the entry, so its bytes have to be given beside it")
    if beside is not None and beside != body:
        raise BadReceipt("it holds another entry than the one beside it")
    if not tree.includes(
        leaf=tree.leaf_hash(body),
        index=receipt.index,
        size=proven.checkpoint.size,
        proof=receipt.proof,
        root=proven.checkpoint.root,
    ):
        raise BadReceipt("its proof does not lead from the entry to the checkpoint")
    try:
        found = entry(body)
    except NotAnEntry as error:
        raise BadReceipt(f"what the log kept there is no entry: {error}") from None
    if (found.index, found.log) != (receipt.index, log_of(policy.origin)):
        raise BadReceipt("its entry says another index or another log")
    return Kept(found, proven)
