"""The two model jobs: give every row a score, and say which features moved the scores."""

from collections.abc import Callable, Sequence
from pathlib import Path

from audits.sandbox.limits import SandboxLimits
from audits.sandbox.results import Explanation, ModelRef, Scored

Progress = Callable[[str, float], None]
SAMPLE = 2_000


def score(
    model: ModelRef,
    data_parquet: Path,
    features: Sequence[str],
    out_parquet: Path,
    limits: SandboxLimits = SandboxLimits(),  # noqa: B008 - frozen
    *,
    progress: Progress | None = None,
) -> Scored:
    """Write a Parquet file with one column `score`, row for row in the order of the data."""
    raise NotImplementedError


def explain(
    model: ModelRef,
    data_parquet: Path,
    features: Sequence[str],
    groups: Sequence[str] = (),
    *,
    sample: int = SAMPLE,
    seed: int = 0,
    background_parquet: Path | None = None,
    limits: SandboxLimits = SandboxLimits(),  # noqa: B008 - frozen
    progress: Progress | None = None,
) -> Explanation:
    """Explain a seeded sample: path-dependent SHAP, or interventional against the background file's rows."""
    raise NotImplementedError
