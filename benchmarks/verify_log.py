"""How long the client takes to verify an exported log offline, and in how much memory.

    python -m benchmarks.verify_log --out benchmarks/results/verify_log.json

The export is made here, in the documented format and without the service or the client: canonical entries of the size
that the service writes, tiles, and a signed checkpoint every 4096 entries. The client runs as a process of its own,
held to one core. Its memory is compared between a log of a tenth and the whole.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ENTRIES = 1_000_000
BARS = {"entries_per_second": 50_000, "memory_growth_mib": 8}
ORIGIN = "assay.example/benchmark"
CLIENT = Path(__file__).resolve().parents[1] / "client" / "src"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = b"\x01" + KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
KEY_ID = hashlib.sha256(ORIGIN.encode() + b"\n" + PUBLIC).digest()[:4]
ENTRY = (
    '{"actor":{"id":"5f0d4f5e-6b7c-4c58-9a8e-7d2d7f1f2a11","kind":"person","name":{"commitment":"sha256:%064x"}},'
    '"at":"2030-01-01T12:00:00.%06dZ","data":{"approval":"5f0d4f5e-6b7c-4c58-9a8e-%012x","digest":"sha256:%064x",'
    '"reason":{"commitment":"sha256:%064x"},"role":"validator"},"event":"approval.given","index":%d,"log":"'
    + ORIGIN
    + '",'
    '"schema":"assay.entry/1","subject":{"id":"5f0d4f5e-6b7c-4c58-9a8e-7d2d7f1f2a11","kind":"model_version"},'
    '"system":"5f0d4f5e-6b7c-4c58-9a8e-7d2d7f1f2a11","version":1}'
)


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """All whole subtrees of a growing log, by height."""

    def __init__(self) -> None:
        self.rows: list[list[bytes]] = [[]]

    def append(self, leaf: bytes) -> None:
        self.rows[0].append(leaf)
        height = 0
        while len(self.rows[height]) % 2 == 0:
            if len(self.rows) == height + 1:
                self.rows.append([])
            self.rows[height + 1].append(node(*self.rows[height][-2:]))
            height += 1

    def root(self) -> bytes:
        ends = [row[-1] for row in self.rows if len(row) % 2]
        found = ends[0]
        for left in ends[1:]:
            found = node(left, found)
        return found


def entries(size: int) -> Iterator[bytes]:
    for index in range(size):
        yield (ENTRY % (index, index % 1_000_000, index, index * 7, index * 11, index)).encode()


def checkpoint(folder: Path, size: int, root: bytes) -> None:
    text = f"{ORIGIN}\n{size}\n{base64_of(root)}\n"
    line = f"— {ORIGIN} {base64_of(KEY_ID + KEY.sign(text.encode()))}\n"
    (folder / "checkpoints" / f"{size:012}.note").write_text(f"{text}\n{line}", encoding="utf-8")


def tiles(folder: Path, tree: Tree) -> None:
    for level, row in enumerate(tree.rows[::8]):
        for start in range(0, len(row), 256):
            hashes, number = row[start : start + 256], start // 256
            name = f"x{number // 1000:03}/{number % 1000:03}" if number > 999 else f"{number:03}"
            path = folder / "tile" / str(level) / (name if len(hashes) == 256 else f"{name}.p/{len(hashes)}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(hashes))


def export(folder: Path, size: int) -> Path:
    """An exported log of this size, and its policy; the path of the policy."""
    for name in ("entries", "checkpoints"):
        (folder / name).mkdir(parents=True)
    tree, lines = Tree(), entries(size)
    for first in range(0, size, 4096):
        count = min(4096, size - first)
        with (folder / "entries" / f"{first:012}.jsonl").open("wb") as file:
            for _, entry in zip(range(count), lines, strict=False):
                file.write(entry + b"\n")
                tree.append(hashlib.sha256(b"\x00" + entry).digest())
        checkpoint(folder, first + count, tree.root())
    tiles(folder, tree)
    head = {"format": "assay-log-export/1", "origin": ORIGIN, "size": size, "root": base64_of(tree.root())}
    (folder / "log.json").write_text(json.dumps(head), encoding="utf-8")
    key = {"vkey": f"{ORIGIN}+{KEY_ID.hex()}+{base64_of(PUBLIC)}", "from_size": 0, "until_size": None}
    policy = folder.with_suffix(".policy")
    policy.write_text(
        json.dumps({"origin": ORIGIN, "keys": [key], "witnesses": [], "quorum": 0}), encoding="utf-8"
    )
    return policy


def verify(folder: Path, policy: Path) -> tuple[float, float, int]:
    """Seconds and MiB of one run of the client on one core, with its exit code."""
    command = [
        sys.executable,
        "-m",
        "assay_client",
        "verify-log",
        "--export",
        str(folder),
        "--policy",
        str(policy),
    ]
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(CLIENT)},
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.perf_counter() - start, usage.ru_maxrss / 1024, process.returncode


def measure(size: int = ENTRIES) -> dict[str, Any]:
    """Entries a second of a whole process, and how much more memory the tenfold log takes."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        small, small_policy = folder / "small", export(folder / "small", size // 10)
        large, large_policy = folder / "large", export(folder / "large", size)
        bytes_in_all = sum(path.stat().st_size for path in (large / "entries").iterdir())
        _, small_mib, _ = verify(small, small_policy)
        runs = [verify(large, large_policy) for _ in range(3)]
    seconds, mib = min(run[0] for run in runs), max(run[1] for run in runs)
    held = all(run[2] == 0 for run in runs)
    met = (
        held and size / seconds >= BARS["entries_per_second"] and mib - small_mib <= BARS["memory_growth_mib"]
    )
    return {
        "machine": {
            "cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]
        },
        "entries": size,
        "bytes_per_entry": bytes_in_all / size,
        "held": held,
        "seconds": [run[0] for run in runs],
        "entries_per_second": size / seconds,
        "peak_mib": mib,
        "peak_mib_of_a_tenth": small_mib,
        "bars": BARS,
        "bars_met": met,
    }  # fmt: skip


def main() -> int:
    """Measure, write, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    options = parser.parse_args()
    measured = measure(options.entries)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    print(
        f"{measured['entries']} entries: {measured['entries_per_second']:.0f} a second "
        f"(bar {BARS['entries_per_second']}), {measured['peak_mib']:.0f} MiB, "
        f"a tenth of them {measured['peak_mib_of_a_tenth']:.0f} MiB"
    )
    return 0 if measured["bars_met"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
