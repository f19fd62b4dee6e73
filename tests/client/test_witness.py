"""A witness of our own: every status of the protocol, and no two histories of one log."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest
from assay_client.log import checkpoints, cosigning, notes, tree
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SOURCE = Path(__file__).resolve().parents[2] / "client" / "src"
LEAVES = [tree.leaf_hash(b"%d" % number) for number in range(40)]
ORIGIN = "log.example/one"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


def vkey(key: Ed25519PrivateKey, kind: int = notes.ED25519) -> str:
    return cosigning.vkey_of(ORIGIN, kind, key.public_key().public_bytes_raw())


def head(size: int, *, origin: str = ORIGIN, root: bytes | None = None, key: Ed25519PrivateKey = KEY) -> str:
    """The signed head of the first `size` leaves."""
    root = tree.root(LEAVES[:size]) if root is None else root
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    known = notes.verifier_key(vkey(key))
    signed = base64.b64encode(known.key_id + key.sign(text.encode())).decode()
    return f"{text}\n— {known.name} {signed}\n"


def proof(old: int, new: int) -> list[bytes]:
    """RFC 6962, section 2.1.2, as it stands there."""

    def sub(size: int, leaves: list[bytes], whole: bool) -> list[bytes]:
        if size == len(leaves):
            return [] if whole else [tree.root(leaves)]
        half = 1 << (len(leaves) - 1).bit_length() - 1
        if size <= half:
            return [*sub(size, leaves[:half], whole), tree.root(leaves[half:])]
        return [*sub(size - half, leaves[half:], False), tree.root(leaves[:half])]

    return sub(old, LEAVES[:new], True) if old not in (0, new) else []


def body(old: int, note: str, path: list[bytes]) -> bytes:
    lines = "".join(f"{base64.b64encode(node).decode()}\n" for node in path)
    return f"old {old}\n{lines}\n{note}".encode()


class Service:
    """A witness in a process of its own."""

    def __init__(self, folder: Path, origin: str = ORIGIN, key: str = "") -> None:
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "assay_client", "witness", "--name", "witness.example/w1"),
                *("--key", str(folder / "key.pem"), "--state", str(folder / "state")),
                *("--log", f"{origin}={key or vkey(KEY)}", "--listen", "127.0.0.1:0"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={"PYTHONPATH": str(SOURCE)},
        )
        assert self._process.stdout is not None
        self.vkey = self._process.stdout.readline().strip()
        self.key = notes.verifier_key(self.vkey)
        found = re.fullmatch(r"http://([^:]+):(\d+)/add-checkpoint\n", self._process.stdout.readline())
        assert found is not None
        self.host, self.port = found[1], int(found[2])

    def post(self, data: bytes, path: str = "/add-checkpoint") -> tuple[int, str, str]:
        connection = HTTPConnection(self.host, self.port, timeout=20)
        connection.request("POST", path, data)
        answer = connection.getresponse()
        told = answer.status, answer.read().decode(), answer.headers["Content-Type"]
        connection.close()
        return told

    def add(self, old: int, new: int) -> int:
        return self.post(body(old, head(new), proof(old, new)))[0]

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    running = Service(tmp_path)
    yield running
    running.stop()


def test_it_works(service: Service) -> None:
    for old, new in ((0, 3), (3, 8), (8, 8), (8, 40)):
        note = head(new)
        status, line, _ = service.post(body(old, note, proof(old, new)))
        assert status == 200
        found = notes.parse((note + line).encode())
        assert notes.signed(found, [service.key]).by == (service.key,)
        assert checkpoints.body(found.text).size == new


REFUSED = {
    "an unknown origin": (404, body(3, head(8, origin="log.example/two"), proof(3, 8))),
    "no trusted signature": (403, body(3, head(8, key=OTHER), proof(3, 8))),
    "a trusted key's false signature": (403, body(3, head(8).replace("\n8\n", "\n9\n"), proof(3, 8))),
    "an old size above the new one": (400, body(8, head(3), [])),
    "another old size than is known": (409, body(0, head(8), [])),
    "a root of nothing that is none": (422, body(0, head(0, root=bytes(32)), [])),
    "a proof of something else": (422, body(3, head(8), proof(4, 8))),
    "no proof": (422, body(3, head(8), [])),
    "the same size with another root": (422, body(3, head(3, root=bytes(32)), [])),
    "the same size with a proof": (422, body(3, head(3), proof(3, 8))),
    "more than 63 lines of proof": (400, body(3, head(8), [bytes(32)] * 64)),
    "something that is no hash": (400, body(3, head(8), [bytes(31)])),
    "a request without a size": (400, head(8).encode()),
    "nothing": (400, b""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_changes_nothing(tmp_path: Path, case: str) -> None:
    status, data = REFUSED[case]
    mine = witness(tmp_path)
    mine.add(body(0, head(3), []))
    with pytest.raises(cosigning.Refused) as refused:
        mine.add(data)
    assert refused.value.status == status
    assert mine.add(body(3, head(8), proof(3, 8)))


def test_the_first_head_comes_without_a_proof(tmp_path: Path) -> None:
    with pytest.raises(cosigning.Refused) as refused:
        witness(tmp_path).add(body(0, head(8), proof(3, 8)))
    assert refused.value.status == 422


def witness(folder: Path) -> cosigning.Witness:
    name = "witness.example/w1"
    public = notes.verifier_key(
        cosigning.vkey_of(name, notes.COSIGNATURE, OTHER.public_key().public_bytes_raw())
    )
    known = {ORIGIN: [notes.verifier_key(vkey(KEY))]}
    return cosigning.Witness(public, OTHER.sign, known, folder, lambda: 1_900_000_000)


def test_the_known_size_is_told(service: Service) -> None:
    assert service.add(0, 3) == 200
    assert service.post(body(0, head(8), [])) == (409, "3\n", "text/x.tlog.size")
    assert service.post(b"", "/elsewhere")[0] == 404


def test_it_remembers_after_a_kill(tmp_path: Path) -> None:
    first = Service(tmp_path)
    assert first.add(0, 8) == 200
    first.stop()
    second = Service(tmp_path)
    try:
        assert second.key == first.key
        assert second.add(0, 8) == 409
        assert second.add(8, 9) == 200
    finally:
        second.stop()
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0


def test_of_many_at_once_one_history_is_signed(service: Service, tmp_path: Path) -> None:
    assert service.add(0, 3) == 200
    ready = threading.Barrier(8)

    def race(new: int) -> int:
        ready.wait()
        return service.add(3, new)

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(race, [4, 5, 8, 9, 16, 17, 32, 40]))
    assert sorted(told) == [200] + [409] * 7
    won = [4, 5, 8, 9, 16, 17, 32, 40][told.index(200)]
    (kept,) = (tmp_path / "state").glob("*.json")
    assert json.loads(kept.read_text())["size"] == won
