"""Put the walls up around this process, once, before it reads a byte that somebody else wrote."""

import os
import resource
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from audits.sandbox.child import callfilter, kernel, landlock

NOBODY = 65534
_CPU_GRACE_SECONDS = 5


def put_up(limits: dict[str, Any], home: Path, readable: Iterable[Path]) -> dict[str, bool]:
    """Confine this process and say which walls stand; a wall that can stand but fails to go up ends the process."""
    parent, root = os.getppid(), os.geteuid() == 0
    own_network = _leave_the_network()
    _limit(limits)
    if sys.platform != "linux":
        return {"network": False, "files": False, "processes": False, "privileges": not root}
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    files, filtered = landlock.version() > 0, callfilter.available()
    if files:
        landlock.restrict([*readable, *_runtime()], home)
    dropped = _drop_privileges(root=root, keep_reading=files and filtered)
    # The kernel counts per user: only a user that nobody else is may be counted.
    if dropped if root else own_network:
        _cap(resource.RLIMIT_NPROC, limits["processes"])
    _die_with(parent)
    if filtered:
        callfilter.install()
    return {"network": own_network or filtered, "files": files, "processes": filtered, "privileges": dropped}


def _leave_the_network() -> bool:
    """Move to a network of one's own, which has no route anywhere; containers often do not allow it."""
    if not hasattr(os, "unshare"):
        return False
    spaces = os.CLONE_NEWNET | os.CLONE_NEWIPC
    for flags in (spaces, spaces | os.CLONE_NEWUSER):
        try:
            os.unshare(flags)
        except OSError:
            continue
        return True
    return False


def _limit(limits: dict[str, Any]) -> None:
    _cap(resource.RLIMIT_CORE, 0)
    _cap(resource.RLIMIT_CPU, limits["cpu_seconds"], limits["cpu_seconds"] + _CPU_GRACE_SECONDS)
    _cap(resource.RLIMIT_AS, limits["memory_bytes"])
    _cap(resource.RLIMIT_FSIZE, limits["disk_bytes"])
    _cap(resource.RLIMIT_NOFILE, limits["open_files"])


def _cap(which: int, soft: int, hard: int | None = None) -> None:
    _, ceiling = resource.getrlimit(which)
    wanted = [soft, soft if hard is None else hard]
    if ceiling != resource.RLIM_INFINITY:
        wanted = [min(value, ceiling) for value in wanted]
    try:
        resource.setrlimit(which, (wanted[0], wanted[1]))
    except (ValueError, OSError):
        # macOS refuses an address-space limit; on Linux a limit that cannot be set must not be forgotten.
        if sys.platform == "linux":
            raise


def _runtime() -> list[Path]:
    """What Python and its compiled libraries read: never the project folder, where settings and data lie."""
    folders = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix, "/usr", "/lib", "/lib64"}
    return [Path(folder) for folder in sorted(folders)] + [Path("/etc/ld.so.cache"), Path("/dev/urandom")]


def _drop_privileges(*, root: bool, keep_reading: bool) -> bool:
    """Stop being root. Reading may be kept only behind the file wall: the interpreter may lie in root's own folder."""
    if not root:
        kernel.keep_capabilities(0)
        return True
    if not keep_reading and not _nobody_can_work():
        kernel.keep_capabilities(0)
        return False
    kernel.prctl(kernel.PR_SET_KEEPCAPS, 1)
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:
        # A user namespace without room for nobody: root of that namespace only.
        kernel.keep_capabilities(0)
        return False
    kernel.keep_capabilities(1 << kernel.CAP_DAC_READ_SEARCH if keep_reading else 0)
    return True


def _nobody_can_work() -> bool:
    """Whether nobody may read the interpreter, its packages and this project."""
    try:
        os.seteuid(NOBODY)
    except OSError:
        return False
    needed = (os.__file__, sys.prefix, __file__)
    reachable = all(os.access(path, os.R_OK, effective_ids=True) for path in needed)
    os.seteuid(0)
    return reachable


def _die_with(parent: int) -> None:
    """Have the kernel end this process with its parent (asked last: a change of user withdraws the wish)."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
