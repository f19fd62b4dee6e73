"""Published test vectors of other projects, read where they lie; never copied into this project."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "vectors"


def vectors(name: str) -> Any:
    """The vector file; skips loudly when it is not there, and fails where it has to be there."""
    path = FOLDER / name
    if not path.is_file():
        reason = f"the published vectors {name} are not in ../shared/vectors: NOT TESTED against them"
        if os.environ.get("ASSAY_REQUIRE_SHARED") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return json.loads(path.read_text(encoding="utf-8"))
