"""To which organisation and system a row belongs, by the paths that its model declares. Pure but for lazy loading."""

import uuid
from functools import reduce
from typing import Any


def of(row: Any) -> tuple[uuid.UUID, uuid.UUID | None]:
    """The organisation's and the system's key; no system for what belongs to the organisation as a whole."""
    system = _follow(row, row.system_path) if row.system_path is not None else None
    return _follow(row, row.organisation_path), system


def _follow(row: Any, path: str) -> Any:
    return reduce(getattr, path.split("__"), row)
