"""The catalogue is complete, documented, and light enough for a web page."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from audits.metrics.binary import FAVOURABLE
from audits.metrics.catalogue import METRICS
from audits.metrics.fairness import COMPARISONS, STANDINGS
from audits.metrics.performance import FAIRLEARN
from audits.metrics.rates import RATES
from audits.metrics.spec import MetricSpec, Scope

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8").splitlines()


def documented(spec: MetricSpec) -> str:
    """The row of the reference that a metric must have."""
    words = (
        f"`{spec.code}`", spec.title, spec.formula, spec.source, ", ".join(sorted(spec.needs)), ", ".join(spec.scopes),
        ", ".join(sorted(spec.tasks)), spec.direction, spec.unit, spec.interval,
    )  # fmt: skip
    return f"| {' | '.join(words)} |"


@pytest.mark.parametrize("code", METRICS)
def test_every_metric_has_its_row_in_the_reference(code: str) -> None:
    assert documented(METRICS[code]) in DOCUMENT


def test_the_reference_has_no_row_of_a_metric_that_is_gone() -> None:
    start = DOCUMENT.index("## Catalogue")
    rows = [line for line in DOCUMENT[start:] if line.startswith("| `")]
    assert len(rows) == len(METRICS)


def test_every_comparison_and_standing_is_in_the_catalogue_with_its_scope() -> None:
    assert {code for code in COMPARISONS if Scope.ACROSS not in METRICS[code].scopes} == set()
    assert {code for code in STANDINGS if Scope.GROUP not in METRICS[code].scopes} == set()
    across = {code for code, spec in METRICS.items() if Scope.ACROSS in spec.scopes}
    assert across - set(COMPARISONS) == {
        "theil_index",
        "chi2_independence",
        "chi2_independence_dof",
        "chi2_independence_p",
    }


def test_rates_say_in_the_catalogue_what_they_need() -> None:
    for code, rate in RATES.items():
        assert METRICS[code].interval == "wilson"
        if rate.label_free:
            assert "label" not in METRICS[code].needs
    assert METRICS[FAVOURABLE].needs == {"prediction"}


def test_functions_of_other_libraries_are_those_that_are_called() -> None:
    for code, function in FAIRLEARN.items():
        where, _, name = (METRICS[code].fairlearn or "").rpartition(".")
        named = getattr(import_module(where), name)
        assert function is named or function.__name__ == "precision"


def test_codes_fit_the_column_that_keeps_them() -> None:
    assert max(len(code) for code in METRICS) <= 60


def test_the_catalogue_and_declared_checks_import_nothing_heavy() -> None:
    script = (
        "import sys; import audits.metrics.catalogue, audits.checks.declare, audits.checks.default; "
        "heavy = {'numpy', 'pandas', 'scipy', 'sklearn', 'fairlearn', 'duckdb', 'pyarrow'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
