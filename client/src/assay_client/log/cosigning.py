"""What a witness does: it signs the head of a log only if it continues the last one (C2SP tlog-witness).

The last head of each log lies in a file. It is compared and replaced under a lock that other processes respect too, and
is on the disk before a signature leaves.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from assay_client.log import checkpoints, codes, notes, tree
from assay_client.log.checkpoints import Checkpoint

if sys.platform != "win32":
    import fcntl

MAX_PROOF = 63  # the longest way in a tree of 2^63 entries
SIZE_TYPE = "text/x.tlog.size"


class Refused(Exception):
    """The request gets no signature: a status, a text, and what kind of text that is."""

    def __init__(self, status: int, text: str, kind: str = "text/plain; charset=utf-8") -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.kind = kind


@dataclass(frozen=True)
class Request:
    """What was sent: the size that the sender believes this witness to know, the proof from there, the note."""

    old: int
    proof: tuple[bytes, ...]
    note: notes.Note


@dataclass(frozen=True)
class Witness:
    """Who signs, for which logs, and where the last head of each is kept."""

    key: notes.VerifierKey
    sign: Callable[[bytes], bytes]
    logs: Mapping[str, Sequence[notes.VerifierKey]]
    state: Path
    clock: Callable[[], float]

    def add(self, body: bytes) -> str:
        """The signature line for the checkpoint in a request; Refused when it does not continue the last one."""
        sent = request(body)
        origin = _origin(sent.note)
        keys = self.logs.get(origin)
        if keys is None:
            raise Refused(404, "This witness does not know that log.\n")
        _signed(sent.note, keys)
        head = _head(sent)
        with _held(self._path(origin)) as last:
            if sent.old != last.size:
                raise Refused(409, f"{last.size}\n", SIZE_TYPE)
            _continues(last, head, sent.proof)
            _keep(self._path(origin), head)
            return self._line(sent.note.text)

    def _line(self, text: bytes) -> str:
        when = int(self.clock())
        made = self.sign(b"cosignature/v1\ntime %d\n" % when + text)
        blob = self.key.key_id + when.to_bytes(8, "big") + made
        return f"— {self.key.name} {codes.base64_of(blob)}\n"

    def _path(self, origin: str) -> Path:
        return self.state / f"{sha256(origin.encode()).hexdigest()}.json"


def vkey_of(name: str, kind: int, public: bytes) -> str:
    """A public key as others pin it."""
    typed = bytes([kind]) + public
    key_id = sha256(name.encode() + b"\n" + typed).digest()[:4]
    return f"{name}+{key_id.hex()}+{codes.base64_of(typed)}"


def request(body: bytes) -> Request:
    """The parts of a request; Refused when it is malformed."""
    above, _, note = body.partition(b"\n\n")
    try:
        first, *lines = above.decode("ascii").split("\n")
        old = codes.number(first[4:] if first.startswith("old ") else "")
        proof = tuple(codes.unbase64(line) for line in lines)
        told = notes.parse(note)
    except (UnicodeDecodeError, codes.BadCode, notes.BadNote) as error:
        raise Refused(400, f"The request cannot be read: {error}.\n") from None
    if len(proof) > MAX_PROOF or any(len(one) != tree.HASH for one in proof):
        raise Refused(400, f"A proof has at most {MAX_PROOF} lines, each a SHA-256 in base64.\n")
    return Request(old, proof, told)


def _origin(note: notes.Note) -> str:
    return note.text.partition(b"\n")[0].decode("utf-8")


def _signed(note: notes.Note, keys: Sequence[notes.VerifierKey]) -> None:
    try:
        if notes.signed(note, keys).by:
            return
    except notes.BadNote:
        pass
    raise Refused(403, "No key that this witness trusts for that log signed the checkpoint.\n")


def _head(sent: Request) -> Checkpoint:
    try:
        head = checkpoints.body(sent.note.text)
    except checkpoints.WrongEmptyRoot:
        raise Refused(422, "The root is not the one of an empty tree.\n") from None
    except checkpoints.BadCheckpoint as error:
        raise Refused(400, f"The checkpoint cannot be read: {error}.\n") from None
    if sent.old > head.size:
        raise Refused(400, "The old size is larger than the size of the checkpoint.\n")
    return head


def _continues(last: Checkpoint, head: Checkpoint, proof: Sequence[bytes]) -> None:
    if last.size == 0:
        holds = not proof
    else:
        holds = tree.extends(size1=last.size, root1=last.root, size2=head.size, root2=head.root, proof=proof)
    if not holds:
        raise Refused(422, "The proof does not show that the checkpoint continues the last one.\n")


@contextmanager
def _held(path: Path) -> Iterator[Checkpoint]:
    """The last head of a log; nobody else compares or replaces it until the block ends."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield _last(path)


def _last(path: Path) -> Checkpoint:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Checkpoint("", 0, tree.EMPTY_ROOT)
    return Checkpoint(told["origin"], int(told["size"]), bytes.fromhex(told["root"]))


def _keep(path: Path, head: Checkpoint) -> None:
    """After a crash there is the old head or the new one, whole; a signature is given for what is on the disk only."""
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        json.dump({"origin": head.origin, "size": head.size, "root": head.root.hex()}, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
