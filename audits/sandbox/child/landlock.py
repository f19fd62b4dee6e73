"""A wall around the file system: named trees may be read, one folder may be written, nothing may be executed."""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

from audits.sandbox.child import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_REG, _TRUNCATE = 1 << 5, 1 << 8, 1 << 14
_ON_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE

READ = _READ_FILE | _READ_DIR
# No folders and no links: what the child leaves behind is one flat folder that is easy to measure and remove.
READ_WRITE = READ | _WRITE_FILE | _REMOVE_FILE | _MAKE_REG | _TRUNCATE

# Rights known to each version of the interface; asking an older kernel for newer ones is an error.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_NEWEST_FILE_RIGHTS = 16
_NET_RIGHTS = 0b11
_SCOPES = 0b11


def version() -> int:
    """The kernel's Landlock version, 0 where there is none."""
    try:
        return kernel.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    except OSError:
        return 0


def restrict(readable: Iterable[Path], writable: Path) -> None:
    """Forbid every file that is not beneath one of these paths; descriptors that are open already keep working."""
    known = version()
    handled = (1 << _FILE_RIGHTS.get(known, _NEWEST_FILE_RIGHTS)) - 1
    ruleset = _create(known, handled)
    try:
        for path in readable:
            _allow(ruleset, path, READ & handled)
        _allow(ruleset, Path("/dev/null"), (_READ_FILE | _WRITE_FILE) & handled)
        _allow(ruleset, writable, READ_WRITE & handled)
        kernel.syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _create(known: int, handled: int) -> int:
    size = 24 if known >= 6 else 16 if known >= 4 else 8
    attribute = struct.pack("=QQQ", handled, _NET_RIGHTS, _SCOPES)[:size]
    return kernel.syscall(_CREATE_RULESET, attribute, ctypes.c_size_t(size), ctypes.c_uint32(0))


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        # What is not there, or closed to this user anyway, needs no opening in the wall.
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _ON_FILES
        rule = struct.pack("=Qi", rights, descriptor)
        kernel.syscall(
            _ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0)
        )
    finally:
        os.close(descriptor)
