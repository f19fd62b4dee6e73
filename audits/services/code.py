"""Which code measures: the release, and a digest of the sources that make numbers."""

import hashlib
from pathlib import Path
from typing import Final

from registry import version

AUDITS = Path(__file__).resolve().parent.parent
MEASURING = (
    "engine.py",
    "engine/**/*.py",
    "frames/**/*.py",
    "metrics/**/*.py",
    "checks/**/*.py",
    "quality/**/*.py",
    "sandbox/**/*.py",
)


def _version() -> str:
    hasher = hashlib.sha256()
    for path in sorted(path for pattern in MEASURING for path in AUDITS.glob(pattern)):
        hasher.update(path.relative_to(AUDITS).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{version.VERSION}+{hasher.hexdigest()[:16]}"


# Two processes with the same text here measure alike. Read at the start, so that files replaced under a running
# process do not lend it their name; read as bytes, because a web process must not import what they need.
VERSION: Final = _version()
