"""Jobs that no product code has: each tries one thing a compromised library would try."""

import ctypes
import json
import os
import resource
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audits.sandbox.child import kernel
from audits.sandbox.child.channel import Channel

Answer = dict[str, Any]


def work(job: dict[str, Any], channel: Channel) -> Answer:
    channel.progress(f"pid {os.getpid()}", 0.0)
    return _ATTACKS[job["attack"]](job, channel)


def _control(job: Answer, channel: Channel) -> Answer:
    return {"sum": sum(job.get("numbers", []))}


def _sleep(job: Answer, channel: Channel) -> Answer:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(60)


def _spin(job: Answer, channel: Channel) -> Answer:
    while True:
        pass


def _fork_bomb(job: Answer, channel: Channel) -> Answer:
    born = 0
    for _ in range(2_000):
        try:
            if os.fork() == 0:
                time.sleep(600)
        except OSError:
            break
        born += 1
    return {"born": born}


def _thread_bomb(job: Answer, channel: Channel) -> Answer:
    threading.stack_size(64 * 1024)
    started = 0
    try:
        for _ in range(100_000):
            threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
            started += 1
    except RuntimeError:
        pass
    return {"started": started}


def _memory(job: Answer, channel: Channel) -> Answer:
    return {"bytes": len(bytearray(64 * 1024**3))}


def _one_large_file(job: Answer, channel: Channel) -> Answer:
    with open(Path(os.environ["HOME"]) / "large", "wb") as file:
        while True:
            file.write(b"x" * 1024 * 1024)


def _many_files(job: Answer, channel: Channel) -> Answer:
    number = 0
    while True:
        (Path(os.environ["HOME"]) / f"part-{number}").write_bytes(b"x" * 1024 * 1024)
        number += 1


def _empty_files(job: Answer, channel: Channel) -> Answer:
    number = 0
    while True:
        (Path(os.environ["HOME"]) / f"nothing-{number}").touch()
        number += 1


def _print_for_ever(job: Answer, channel: Channel) -> Answer:
    while True:
        os.write(1, b"y" * 4096)


def _progress_for_ever(job: Answer, channel: Channel) -> Answer:
    while True:
        channel.tell({"step": "\x1b[2J" * 1000, "fraction": "soon", "walls": {}})


def _misleading_progress(job: Answer, channel: Channel) -> Answer:
    lines: list[Any] = [
        {"walls": {"network": False}},
        {"step": 7, "fraction": 2},
        {"step": "x", "fraction": True},
        [],
    ]
    for line in lines:
        os.write(channel._descriptors["progress"], json.dumps(line).encode() + b"\n")
    os.write(channel._descriptors["progress"], b"\xff\xfe not json\n[[[[\n")
    return {}


def _crash(job: Answer, channel: Channel) -> Answer:
    signal.raise_signal(getattr(signal, job["signal"]))
    return {}


def _read_at_zero(job: Answer, channel: Channel) -> Answer:
    return {"memory": ctypes.string_at(0).decode()}


def _error(job: Answer, channel: Channel) -> Answer:
    raise RuntimeError(job["message"])


def _raw_answer(job: Answer, channel: Channel) -> Answer:
    with channel.writer("answer") as file:
        file.write(job["raw"].encode("latin-1") * job.get("times", 1))
    os._exit(0)


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        return f"done: {attempt()!r}"
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return type(error).__name__


def _escape(job: Answer, channel: Channel) -> Answer:
    parent = os.getppid()
    home = Path(os.environ["HOME"])
    attempts: dict[str, Callable[[], object]] = {
        "tcp": lambda: socket.create_connection(("127.0.0.1", job["port"]), timeout=2),
        "unix socket": lambda: socket.socket(socket.AF_UNIX),
        "run a program": lambda: subprocess.run(["/bin/true"], check=True),
        "become a program": lambda: os.execv("/bin/true", ["/bin/true"]),
        "fork": os.fork,
        "signal the parent": lambda: os.kill(parent, 0),
        "the parent's environment": lambda: Path(f"/proc/{parent}/environ").read_bytes(),
        "the machine's users": lambda: Path("/etc/passwd").read_bytes(),
        "the secret": lambda: Path(job["secret"]).read_bytes(),
        "write outside": lambda: Path(job["outside"]).write_bytes(b"x"),
        "write beside itself": lambda: Path(__file__).with_name("planted.py").write_bytes(b""),
        "make a folder": lambda: (home / "folder").mkdir(),
        "make a link": lambda: (home / "link").symlink_to("/etc"),
        "raise a limit": lambda: resource.setrlimit(resource.RLIMIT_CPU, (-1, -1)),
        "become root": lambda: os.setuid(0),
        "outlive the parent": lambda: kernel.prctl(kernel.PR_SET_PDEATHSIG, 0),
    }
    found = {name: _outcome(attempt) for name, attempt in attempts.items()}
    descriptors = [int(name) for name in range(256) if _is_open(name)]
    return {"found": found, "environment": sorted(os.environ), "descriptors": descriptors}


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


_ATTACKS: dict[str, Callable[[Answer, Channel], Answer]] = {
    "control": _control,
    "sleep": _sleep,
    "spin": _spin,
    "fork bomb": _fork_bomb,
    "thread bomb": _thread_bomb,
    "memory": _memory,
    "one large file": _one_large_file,
    "many files": _many_files,
    "empty files": _empty_files,
    "print for ever": _print_for_ever,
    "progress for ever": _progress_for_ever,
    "misleading progress": _misleading_progress,
    "crash": _crash,
    "read at zero": _read_at_zero,
    "error": _error,
    "raw answer": _raw_answer,
    "escape": _escape,
}
