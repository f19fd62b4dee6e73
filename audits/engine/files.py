"""An audit from files to a file: what `manage.py audit_file` does, callable without Django."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from audits.engine.audit import audit
from audits.engine.documents import model_of, read_document
from audits.engine.measuring import Progress
from audits.engine.outcome import AuditOutcome
from audits.engine.versions import versions
from audits.frames.errors import Refused
from audits.frames.limits import STANDARD, Limits
from audits.frames.wording import printable


def audit_file(
    data: Path,
    mapping: Path,
    *,
    model: Path | None = None,
    checks: Path | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    limits: Limits = STANDARD,
) -> AuditOutcome:
    """Audit a file with a mapping, and checks, in JSON files. Whatever is wrong with them comes back refused."""
    try:
        declared = read_document(mapping, "mapping")
        planned = read_document(checks, "checks") if checks else None
        stored = model_of(model) if model else None
    except Refused as refused:
        return AuditOutcome(seed, versions(), {"data": {"name": printable(data.name)}}, refused=refused)
    return audit(data, declared, planned, seed=seed, progress=progress, model=stored, limits=limits)


def write_outcome(outcome: AuditOutcome, target: Path) -> None:
    """Write an outcome as strict JSON; the file is complete or not there at all. Raises OSError."""
    text = json.dumps(outcome.as_dict(), allow_nan=False, indent=1)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        # mkstemp gives 0600; an outcome is as readable as any file that its writer makes.
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
