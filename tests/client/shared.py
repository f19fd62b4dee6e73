"""Published test vectors of other projects, read where they lie; never copied into this project."""

from __future__ import annotations

import json
from typing import Any

from tests.shared import shared


def vectors(name: str) -> Any:
    """The document in a vector file."""
    return json.loads(shared("vectors", *name.split("/")).read_text(encoding="utf-8"))
