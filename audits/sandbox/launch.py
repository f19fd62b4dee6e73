"""Start one child for one job, watch over it, and hand back its answer or a sentence that says why there is none."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from audits.sandbox.answers import as_confinement, read_answer
from audits.sandbox.endings import raise_for
from audits.sandbox.errors import SandboxRefused
from audits.sandbox.limits import SandboxLimits
from audits.sandbox.results import Confinement
from audits.sandbox.watch import Progress, Watch

_ENTRY = Path(__file__).parent / "child" / "entry.py"
_NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work: the worker file, its arguments, and the files it may read and write, each by a name."""

    worker: Path
    arguments: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Path] = field(default_factory=dict)
    outputs: Mapping[str, Path] = field(default_factory=dict)


def run(
    job: Job, limits: SandboxLimits, progress: Progress | None = None
) -> tuple[dict[str, Any], Confinement]:
    """Run the job in a child; its answer is JSON that nobody has believed yet."""
    with _home() as home, ExitStack() as stack:
        descriptors = _open_files(job, home, stack)
        printed, prints = _pipe(stack)
        heard, tells = _pipe(stack)
        order = _write_order(job, limits, home, {**descriptors, "progress": tells})
        watch = Watch(limits, [home, *job.outputs.values()], progress)
        try:
            child = _start(order, limits, home, prints, (*descriptors.values(), tells))
        finally:
            # The child alone may hold these ends, or their closing would never be heard.
            os.close(prints)
            os.close(tells)
        watch.follow(child, printed, heard)
        raise_for(watch.reason, child.returncode, watch.text, limits)
        return read_answer(descriptors["answer"], limits), as_confinement(watch.walls)


@contextmanager
def _home() -> Iterator[Path]:
    """A folder for this job alone: the child's home, its only writable place, removed whatever happens."""
    home = Path(tempfile.mkdtemp(prefix="assay-model-job-"))
    try:
        if os.geteuid() == 0:
            # The child becomes nobody where it can; where it cannot, it is root in this group and no more.
            os.chown(home, _NOBODY, -1)
            home.chmod(0o770)
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _open_files(job: Job, home: Path, stack: ExitStack) -> dict[str, int]:
    """Open everything here, so that the child needs no path and no right to open one."""
    descriptors: dict[str, int] = {}
    for name, path in job.inputs.items():
        descriptors[name] = open_regular(name, path, stack)
    for name, path in {**job.outputs, "answer": home / "answer.json"}.items():
        descriptors[name] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        stack.callback(os.close, descriptors[name])
    return descriptors


def open_regular(name: str, path: Path, stack: ExitStack) -> int:
    """Open a file for reading; a pipe or a device, on which a reader could wait for ever, is refused."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise SandboxRefused(
            "file.unreadable", f"The {name} file {path.name} cannot be opened: {reason}."
        ) from error
    stack.callback(os.close, descriptor)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise SandboxRefused("file.unreadable", f"The {name} file {path.name} is not an ordinary file.")
    return descriptor


def _pipe(stack: ExitStack) -> tuple[int, int]:
    heard, told = os.pipe()
    stack.callback(os.close, heard)
    return heard, told


def _write_order(job: Job, limits: SandboxLimits, home: Path, descriptors: Mapping[str, int]) -> Path:
    order = {
        "worker": str(job.worker),
        "job": dict(job.arguments),
        "descriptors": dict(descriptors),
        "limits": asdict(limits),
        "home": str(home),
    }
    path = home / "order.json"
    path.write_text(json.dumps(order), encoding="utf-8")
    return path


def _start(
    order: Path, limits: SandboxLimits, home: Path, prints: int, descriptors: tuple[int, ...]
) -> subprocess.Popen[bytes]:
    """Start the child in a session of its own; nothing of this process's environment goes with it."""
    environment = {
        "HOME": str(home),
        "TMPDIR": str(home),
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": str(limits.threads),
        "OPENBLAS_NUM_THREADS": "1",
    }
    with order.open("rb") as standard_input:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and script, no shell
            [sys.executable, "-I", "-B", str(_ENTRY)],
            stdin=standard_input,
            stdout=prints,
            stderr=subprocess.STDOUT,
            cwd=home,
            env=environment,
            pass_fds=descriptors,
            start_new_session=True,
        )
