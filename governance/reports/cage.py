"""Shuts the printing child in: limits of the operating system, no network, no other program, no other file."""

import os
import resource
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

REFUSED_EVENTS = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.system",
    "urllib.Request",
    "pty.",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one report may use. Seconds of wall clock and processor, bytes of memory, document and files."""

    wall_seconds: int = 120
    cpu_seconds: int = 90
    memory_bytes: int = 1536 * 1024**2
    file_bytes: int = 64 * 1024**2
    document_bytes: int = 16 * 1024**2

    def as_dict(self) -> dict[str, int]:
        """For the child's command line."""
        return asdict(self)


class Forbidden(BaseException):
    """The child did something a printing child never does. Not an Exception, so that no library swallows it."""


def lower_limits(limits: Limits) -> None:
    """Processor, memory, file size and core dumps; the parent holds the wall clock."""
    for kind, most in (
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (allowed, allowed))


def leave_network() -> bool:
    """Moves to a network namespace without any interface, where the system lets us; the cage refuses sockets anyway."""
    for flags in (
        getattr(os, "CLONE_NEWNET", 0),
        getattr(os, "CLONE_NEWUSER", 0) | getattr(os, "CLONE_NEWNET", 0),
    ):
        try:
            os.unshare(flags)
        except (OSError, AttributeError):
            continue
        return bool(flags)
    return False


def shut(readable: Sequence[Path], writable: Path) -> None:
    """From here on the process reads only under `readable`, writes only under `writable`, and calls nobody."""
    roots = tuple(f"{path.resolve()}{os.sep}" for path in readable)
    own = f"{writable.resolve()}{os.sep}"

    def guard(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            _guard_open(arguments, roots, own)
        elif event.startswith(REFUSED_EVENTS):
            raise Forbidden(f"The report tried {event} with {str(arguments)[:200]}.")

    sys.addaudithook(guard)


def _guard_open(arguments: tuple[object, ...], roots: tuple[str, ...], own: str) -> None:
    path, _, flags = arguments[:3]
    if isinstance(path, int) or path is None:
        return
    real = os.path.realpath(os.fsdecode(path)) if isinstance(path, str | bytes | os.PathLike) else str(path)
    writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if real.startswith(own) or (not writes and f"{real}{os.sep}".startswith(roots)):
        return
    raise Forbidden(f"The report tried to open {real[:200]!r}.")
