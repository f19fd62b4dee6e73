"""The few kernel calls that Python does not offer, with their errors raised."""

import ctypes
import os

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38

CAP_DAC_READ_SEARCH = 2
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(outcome: int, what: str) -> int:
    if outcome < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return outcome


def syscall(number: int, *arguments: object) -> int:
    """Make one call by its number; the numbers used with it are the same on every architecture."""
    return _checked(_libc.syscall(number, *arguments), f"system call {number}")


def prctl(option: int, value: int, argument: object = 0) -> None:
    """Change one property of this process."""
    wide = [ctypes.c_ulong(value), argument if not isinstance(argument, int) else ctypes.c_ulong(argument)]
    _checked(_libc.prctl(option, *wide, ctypes.c_ulong(0), ctypes.c_ulong(0)), f"prctl {option}")


def keep_capabilities(mask: int) -> None:
    """Give up every capability that is not in `mask` (all of it below 2**32)."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(mask, mask, 0, 0, 0, 0)
    _checked(_libc.capset(header, data), "capset")
