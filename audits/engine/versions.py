"""Which code measured: ours, and every library that has a say in the numbers."""

from __future__ import annotations

import platform
from importlib.metadata import version

from registry.version import VERSION

LIBRARIES = ("duckdb", "fairlearn", "narwhals", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy")


def versions() -> dict[str, str]:
    """Name -> version."""
    return {
        "assay": VERSION,
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }
