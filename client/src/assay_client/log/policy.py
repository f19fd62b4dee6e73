"""What was agreed beforehand about a log: its origin, who may sign it when, and how many must have witnessed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay_client import strict_json
from assay_client.log import checkpoints, notes
from assay_client.log.checkpoints import Checkpoint
from assay_client.log.codes import LARGEST
from assay_client.log.notes import VerifierKey

FIELDS = {"origin", "keys", "witnesses", "quorum"}
KEY_FIELDS = {"vkey", "from_size", "until_size"}
WITNESS_FIELDS = {"name", "vkey"}


class BadPolicy(ValueError):
    """The policy cannot be used: verifying against it would mean nothing."""


class NotProven(ValueError):
    """A checkpoint is not proven; the word says in which way, as in docs/reference/log-export.md."""

    def __init__(self, word: str, sentence: str) -> None:
        super().__init__(sentence)
        self.word = word


class NotSupported(ValueError):
    """Only a kind of key that is not known here could have decided."""


@dataclass(frozen=True)
class LogKey:
    """A key of the log, and the tree sizes for which it may sign, both included."""

    key: VerifierKey
    from_size: int
    until_size: int | None

    def covers(self, size: int) -> bool:
        """Whether the key may sign a checkpoint of this size."""
        return self.from_size <= size and (self.until_size is None or size <= self.until_size)


@dataclass(frozen=True)
class Proven:
    """A checkpoint that the policy accepts, with the witnesses that signed it."""

    checkpoint: Checkpoint
    witnesses: tuple[str, ...]
    text: bytes


@dataclass(frozen=True)
class LogPolicy:
    """The policy of whoever verifies; nothing in it comes from the log."""

    origin: str
    keys: tuple[LogKey, ...]
    witnesses: tuple[VerifierKey, ...]
    quorum: int

    def proven(self, data: bytes) -> Proven:
        """The checkpoint in these bytes, signed for this log by a key of its size; the quorum is not counted."""
        try:
            note = notes.parse(data)
            found = checkpoints.body(note.text)
            signed = notes.signed(note, self._known())
        except (notes.BadNote, checkpoints.BadCheckpoint) as error:
            raise NotProven("signature", f"the checkpoint cannot be believed: {error}.") from None
        if found.origin != self.origin:
            raise NotProven("policy", f"it is of the log {found.origin!a}, not of {self.origin!a}.")
        signers = [key for key in self.keys if key.key in signed.by]
        if not signers and any(key.key in signed.unsupported for key in self.keys):
            raise NotSupported("It is signed with a kind of key that this version cannot verify.")
        if not signers:
            raise NotProven("signature", "no key of the policy signed it.")
        if not any(key.covers(found.size) for key in signers):
            raise NotProven("policy", f"its key may not sign a tree of {found.size} entries.")
        return Proven(found, tuple(key.name for key in self.witnesses if key in signed.by), note.text)

    def require_quorum(self, proven: Proven) -> None:
        """Raise unless enough witnesses signed this checkpoint."""
        if len(proven.witnesses) < self.quorum:
            raise NotProven(
                "policy", f"{len(proven.witnesses)} witnesses signed it, the policy asks for {self.quorum}."
            )

    def _known(self) -> frozenset[VerifierKey]:
        return frozenset([*(key.key for key in self.keys), *self.witnesses])


def parse(data: bytes) -> LogPolicy:
    """The policy in a JSON file."""
    try:
        document = strict_json.parse(data)
    except strict_json.NotJson as error:
        raise BadPolicy(f"{error}") from None
    _only(document, FIELDS, "the policy")
    origin, quorum = document["origin"], document["quorum"]
    if not isinstance(origin, str) or not origin:
        raise BadPolicy("its origin is no text")
    keys = tuple(_log_key(entry) for entry in _list(document["keys"], "keys"))
    witnesses = tuple(_witness(entry) for entry in _list(document["witnesses"], "witnesses"))
    if not keys:
        raise BadPolicy("it names no key of the log")
    if not _is_number(quorum) or quorum > len(witnesses):
        raise BadPolicy("its quorum is not a number from 0 to the number of its witnesses")
    _distinct(keys, witnesses)
    return LogPolicy(origin, keys, witnesses, quorum)


def for_key(vkey: str, origin: str | None = None) -> LogPolicy:
    """The policy that knows one key, for all sizes, and no witness; the log is named as the key is, unless told."""
    key = _own_key(vkey)
    return LogPolicy(key.name if origin is None else origin, (LogKey(key, 0, None),), (), 0)


def _log_key(entry: Any) -> LogKey:
    _only(entry, KEY_FIELDS, "a key")
    start, end = entry["from_size"], entry["until_size"]
    if not _is_number(start):
        raise BadPolicy("a key has no from_size that is a whole number")
    if end is not None and not (_is_number(end) and end >= start):
        raise BadPolicy("a key's until_size is neither null nor a whole number from its from_size up")
    return LogKey(_own_key(entry["vkey"]), start, end)


def _witness(entry: Any) -> VerifierKey:
    _only(entry, WITNESS_FIELDS, "a witness")
    key = _key(entry["vkey"])
    if entry["name"] != key.name:
        raise BadPolicy(f"the witness {entry['name']!a} has a key of another name")
    return key


def _distinct(keys: Sequence[LogKey], witnesses: Sequence[VerifierKey]) -> None:
    """Nobody may count twice: not as two witnesses, and not as the log and its witness."""
    own = {key.key for key in keys}
    if len({(key.name, key.key_id) for key in own}) != len(own):
        raise BadPolicy("two keys of the log have the same name and id")
    publics = [key.public for key in witnesses]
    if len(set(publics)) != len(publics) or {key.public for key in own} & set(publics):
        raise BadPolicy("a witness has the key of another witness or of the log")
    if len({key.name for key in witnesses}) != len(witnesses):
        raise BadPolicy("two witnesses have the same name")


def _own_key(text: Any) -> VerifierKey:
    key = _key(text)
    if key.kind == notes.COSIGNATURE:
        raise BadPolicy("a key of the log is one for witnesses (type 4)")
    return key


def _key(text: Any) -> VerifierKey:
    if not isinstance(text, str):
        raise BadPolicy("a vkey is no text")
    try:
        return notes.verifier_key(text)
    except notes.BadVerifierKey as error:
        raise BadPolicy(f"{error}") from None


def _only(entry: Any, fields: set[str], what: str) -> Mapping[str, Any]:
    if not isinstance(entry, dict) or set(entry) != fields:
        raise BadPolicy(f"{what} does not have exactly the fields {', '.join(sorted(fields))}")
    return entry


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadPolicy(f"its {what} are no list")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST
