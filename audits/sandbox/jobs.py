"""The two model jobs: give every row a score, and say which features moved the scores."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast

from audits.sandbox import answers, explanations, formats, launch, scores
from audits.sandbox.limits import SandboxLimits
from audits.sandbox.results import Explanation, ModelRef, Scored
from audits.sandbox.watch import Progress

SAMPLE = 2_000
BACKGROUND = 100
DEFAULT_LIMITS = SandboxLimits()

_CHILD = Path(__file__).parent / "child"


def score(
    model: ModelRef,
    data_parquet: Path,
    features: Sequence[str],
    out_parquet: Path,
    limits: SandboxLimits = DEFAULT_LIMITS,
    *,
    progress: Progress | None = None,
) -> Scored:
    """Write a Parquet file with one column `score`, row for row in the order of the data.

    Columns are matched to the model's features by name; `features` are the columns declared as features, which may be
    more than the model uses (they are told as ignored); an empty list declares every column.
    """
    formats.check(model, limits)
    raw = out_parquet.with_name(out_parquet.name + ".raw")
    job = launch.Job(
        _CHILD / "score_worker.py",
        {"features": list(features), "threads": limits.threads},
        {"model": model.path, "data": data_parquet},
        {"scores": raw},
    )
    try:
        answer, confinement = launch.run(job, limits, progress)
        output = answers.choice(answer, "output", ("probability", "value"))
        rows = answers.count(answer, "rows")
        scores.write_parquet(raw, out_parquet, rows, bounded=output == "probability")
    finally:
        raw.unlink(missing_ok=True)
    return Scored(
        path=out_parquet,
        rows=rows,
        output=cast(Literal["probability", "value"], output),
        ignored_features=answers.texts(answer, "ignored_features"),
        versions=answers.versions(answer),
        confinement=confinement,
    )


def explain(
    model: ModelRef,
    data_parquet: Path,
    features: Sequence[str],
    groups: Sequence[str] = (),
    *,
    sample: int = SAMPLE,
    seed: int = 0,
    background_parquet: Path | None = None,
    background_rows: int = BACKGROUND,
    limits: SandboxLimits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Explanation:
    """Explain a seeded sample: path-dependent SHAP, or interventional against rows drawn from the background file.

    `groups` are the columns of sensitive attributes; the margin is in the model's own units (log-odds for logistic).
    """
    if sample < 1 or background_rows < 1:
        raise ValueError("A sample has at least one row.")
    formats.check(model, limits)
    job = launch.Job(
        _CHILD / "explain_worker.py",
        {
            "features": list(features),
            "groups": list(groups),
            "sample": sample,
            "seed": seed,
            "background_rows": background_rows,
            "threads": limits.threads,
        },
        {"model": model.path, "data": data_parquet}
        | ({} if background_parquet is None else {"background": background_parquet}),
    )
    answer, confinement = launch.run(job, limits, progress)
    return explanations.read(answer, seed, confinement)
