"""The real application with one address more: a view that does nothing. With ASSAY_BENCH_AFRESH it stores nothing."""

import os
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.sides.gate_settings"
application = get_wsgi_application()

from governance.services import decisions  # noqa: E402


def _nothing(version: Any, environment: str) -> None:
    """No stored decision is ever found, so every question is decided afresh."""


if os.environ.get("ASSAY_BENCH_AFRESH"):
    decisions._stored = _nothing  # type: ignore[assignment]
