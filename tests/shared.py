"""Where the published data and vectors lie; tests that need them say loudly when they are not there."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("ASSAY_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def shared(*parts: str) -> Path:
    """A file of the shared folder; skips where it is missing, fails where CI must have it."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        message = (
            f"LEFT OUT: {Path(*parts)} is not there."
            " Put the shared folder beside the project, or set ASSAY_SHARED."
        )
        if os.environ.get("ASSAY_REQUIRE_SHARED") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return path
