"""A web process starts light: the libraries of evidence and reports belong to workers and commands."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "boto3", "botocore",
    "duckdb", "fairlearn", "numba", "numpy", "pandas", "pyarrow", "scipy", "shap", "sklearn", "weasyprint", "xgboost",
}  # fmt: skip

START = """
import sys
from django.urls import get_resolver
from registry.ledger import safety
safety.refuse_unsafe = lambda: None  # there is no database here, which is another test's subject
import governance.wsgi
get_resolver().url_patterns  # imports every view
print(*{name.partition(".")[0] for name in sys.modules})
"""


def test_it_imports_no_heavy_library_at_start() -> None:
    started = subprocess.run(
        [sys.executable, "-c", START], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert started.returncode == 0, started.stderr
    loaded = set(started.stdout.split())
    assert "django" in loaded
    assert loaded & HEAVY == set()
