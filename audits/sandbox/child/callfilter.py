"""A filter of system calls: no sockets, no other processes, no programs, no signals to anybody else.

Unlike namespaces it needs no privilege and works in a plain container, so it is the wall that is nearly always there.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

from audits.sandbox.child import kernel

# One row per denied call: name -> (x86-64, aarch64). Absent on an architecture: None.
DENIED: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198),
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    # With the one capability that may be kept, a handle would open any file past its folder.
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
}

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
# Calls that are let through or not by their first argument.
_CLONE, _CLONE3, _PRCTL, _TGKILL, _PRLIMIT = (56, 220), (435, 435), (157, 167), (234, 131), (302, 261)
_CLONE_THREAD = 0x10000
_FIRST_X32_CALL = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_CALL, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_MODE_FILTER = 2

_Step = tuple[int, int, int, int]


def available() -> bool:
    """Whether this module knows the machine's calls."""
    return sys.platform == "linux" and sys.byteorder == "little" and platform.machine() in _ARCHITECTURES


def install() -> None:
    """Filter this process and every thread it will start; it cannot be undone."""
    steps = _program(*_ARCHITECTURES[platform.machine()], os.getpid())
    packed = b"".join(struct.pack("=HBBI", *step) for step in steps)
    program = ctypes.create_string_buffer(packed, len(packed))
    header = struct.pack("@HP", len(steps), ctypes.addressof(program))
    kernel.prctl(kernel.PR_SET_SECCOMP, _MODE_FILTER, ctypes.create_string_buffer(header, len(header)))


def _program(column: int, architecture: int, own: int) -> list[_Step]:
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _CALL),
        *_unless(_AT_LEAST, _FIRST_X32_CALL, errno.EPERM),
        # The C library asks for clone3 first and falls back to clone, whose flags a filter can read.
        *_unless(_EQUAL, _CLONE3[column], errno.ENOSYS),
        *_by_first_argument(_CLONE[column], (_ANY_BIT, 1, 0, _CLONE_THREAD)),
        *_by_first_argument(_TGKILL[column], (_EQUAL, 1, 0, own)),
        *_by_first_argument(_PRLIMIT[column], (_EQUAL, 1, 0, 0)),
        # The child dies with its parent and must not be able to wish otherwise.
        *_by_first_argument(_PRCTL[column], (_EQUAL, 0, 1, kernel.PR_SET_PDEATHSIG)),
    ]
    for numbers in DENIED.values():
        number = numbers[column]
        if number is not None:
            steps += _unless(_EQUAL, number, errno.EPERM)
    return [*steps, (_RETURN, 0, 0, _ALLOW)]


def _unless(test: int, value: int, error: int) -> list[_Step]:
    return [(test, 0, 1, value), (_RETURN, 0, 0, _ERRNO | error)]


def _by_first_argument(number: int, test: _Step) -> list[_Step]:
    """For this call only: allowed when the test jumps over the refusal, refused otherwise."""
    return [
        (_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        test,
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
