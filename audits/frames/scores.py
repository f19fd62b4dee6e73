"""How good a score is, exactly and for every group, computed where the rows lie.

AUC is the Mann-Whitney statistic with ties counted half (weighted: by the product of the weights), with the
standard error of DeLong, DeLong and Clarke-Pearson (1988). Brier score is the mean of (score - label)^2. The
log loss keeps scores 2^-52 away from 0 and 1, so that it is always finite.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audits.frames.coding import SCORE_NUMBER
from audits.frames.database import quoted_text
from audits.frames.mapping import Mapping
from audits.frames.numbers import among
from audits.frames.source import Source
from audits.frames.tally import LABEL, PREDICTION, WEIGHT, Attribute, Group, group_name, group_names, group_of
from audits.frames.tokens import MISSING, NEGATIVE, POSITIVE

_CLIP = f"{2.0**-52!r}"


@dataclass(frozen=True, slots=True)
class ScoreCell:
    """Score quality of one group; None = undefined."""

    group: Group
    """None = all rows; several values for a combination of several attributes."""
    n: int
    """Labelled rows with a valid score: what everything below except ``mean_score`` is computed on."""
    scored: int
    """Rows with a valid score, labelled or not."""
    positives: int
    negatives: int
    weight: float
    """Sum of the weights of the labelled rows."""
    mean_score: float | None
    """Over all scored rows."""
    mean_label: float | None
    auc: float | None
    auc_se: float | None
    """None with a weight column, or with fewer than two rows of a class."""
    brier: float | None
    brier_se: float | None
    log_loss: float | None
    log_loss_se: float | None


def score_cells(source: Source, mapping: Mapping, attribute: Attribute = None) -> tuple[ScoreCell, ...]:
    """Measure the score of a binary task overall (attribute None), for each group of an attribute, or for
    each combination of several; a group without one scored row has no cell."""
    if mapping.score is None or source.account.reading is None:
        return ()
    _prepare(source, mapping)
    keys = group_names(source.tally.attributes, attribute)
    rows = source.query(
        _QUERY.format(
            columns="".join(f"{key}, " for key in keys),
            texts="".join(f"CAST({key} AS VARCHAR), " for key in keys),
            where=" AND ".join(f"{key} <> ''" for key in keys) or "true",
            together=", ".join((*keys, "s")),
            partition=f"PARTITION BY {', '.join(keys)}" if keys else "",
            by_group=f"GROUP BY {', '.join(keys)} ORDER BY ALL" if keys else "HAVING count(*) > 0",
            **(_WEIGHTED if mapping.weight else _COUNTED),
        )
    )
    return tuple(
        _cell(group_of(row[: len(keys)], attribute), row[len(keys) :], weighted=mapping.weight is not None)
        for row in rows
    )


def _prepare(source: Source, mapping: Mapping) -> None:
    """Copy the scored rows once into a narrow table: score, label code, weight, group codes."""
    reading = source.account.reading
    assert reading is not None  # noqa: S101 - score_cells has looked
    positive, negative = reading.of(POSITIVE), reading.of(NEGATIVE)
    label = _among(LABEL, positive[0]), _among(LABEL, negative[0]), _among(LABEL, _unlabelled(source))
    usable = "true" if mapping.prediction is None else _among(PREDICTION, positive[1] + negative[1])
    groups = "".join(
        f", TRY_CAST({group_name(at)} AS ENUM ({_group_texts(source, at)})) AS {group_name(at)}"
        for at in range(len(source.tally.attributes))
    )
    source.query(
        f"CREATE TEMP TABLE IF NOT EXISTS scored AS SELECT {SCORE_NUMBER} AS s, "  # noqa: S608 - every text is quoted
        f"CAST(CASE WHEN {label[0]} THEN 1 WHEN {label[1]} THEN 0 END AS TINYINT) AS y, "
        f"{WEIGHT if mapping.weight else 'NULL'} AS w{groups} FROM coded "
        f"WHERE {SCORE_NUMBER} IS NOT NULL AND ({usable}) AND ({' OR '.join(label)})"
    )


def _group_texts(source: Source, at: int) -> str:
    """The groups of an attribute; whatever is not among them is no group."""
    return ", ".join(quoted_text(group) for group in sorted({groups[at] for groups in source.account.groups}))


def _unlabelled(source: Source) -> list[str]:
    """Label tokens of rows that are used though they have no label."""
    account, tally = source.account, source.tally
    return sorted({tally.label[at] for at, code in enumerate(account.label) if code == MISSING})


def _among(column: str, tokens: Sequence[str]) -> str:
    """Whether a text column, NULL being the empty text, is one of the tokens."""
    return among(f"coalesce({column}, '')", tokens)


# First rows with the same score are brought together; the window then knows for each score how much of
# the other class lies below it. Sums are compensated, and rounded to 12 digits afterwards, so that the
# order in which threads finish does not show.
_QUERY = f"""
WITH tied AS (
  SELECT {{columns}} s, count(y) AS n, count(*) AS na, {{weights}}
  FROM scored WHERE {{where}} GROUP BY {{together}}
), ranked AS (
  SELECT *, greatest(least(s, 1 - {_CLIP}), {_CLIP}) AS c,
    sum(q) OVER below - q / 2 AS q_below, sum(p) OVER below - p / 2 AS p_below
  FROM tied WINDOW below AS ({{partition}} ORDER BY s ROWS UNBOUNDED PRECEDING)
)
SELECT {{texts}} sum(n), sum(na), {{positives}}, fsum(p), fsum(q), fsum(a), fsum(a * s),
  fsum(p * q_below), fsum(p * q_below * q_below), fsum(q * p_below * p_below),
  fsum(p * (1 - s) * (1 - s) + q * s * s), fsum(p * (1 - s) ** 4 + q * s ** 4),
  fsum(p * -ln(c) + q * -ln(1 - c)), fsum(p * ln(c) * ln(c) + q * ln(1 - c) * ln(1 - c))
FROM ranked {{by_group}}
"""  # noqa: S608 - names are ours
_COUNTED = {
    "weights": "CAST(coalesce(sum(y), 0) AS DOUBLE) AS p, CAST(count(y) AS DOUBLE) - p AS q, "
    "CAST(count(*) AS DOUBLE) AS a",
    "positives": "sum(p)",
}
_WEIGHTED = {
    "weights": "coalesce(fsum(w) FILTER (y = 1), 0) AS p, coalesce(fsum(w) FILTER (y = 0), 0) AS q, "
    "fsum(w) AS a, sum(y) AS np",
    "positives": "sum(np)",
}


def _cell(group: Group, row: tuple[Any, ...], *, weighted: bool) -> ScoreCell:
    n, scored, positives = int(row[0]), int(row[1]), int(row[2] or 0)
    p, q, scored_weight, score_sum, wins, wins_sq, losses_sq, brier, brier_sq, loss, loss_sq = row[3:]
    total, negatives = p + q, n - positives
    auc = wins / (p * q) if p and q else None
    return ScoreCell(
        group=group,
        n=n,
        scored=scored,
        positives=positives,
        negatives=negatives,
        weight=_rounded(total),
        mean_score=_rounded(score_sum / scored_weight),
        mean_label=_rounded(p / total) if total else None,
        auc=None if auc is None else _rounded(auc),
        auc_se=None if weighted or auc is None else _auc_se(auc, p, q, wins_sq, losses_sq),
        brier=_rounded(brier / total) if total else None,
        brier_se=None if weighted else _mean_se(brier, brier_sq, n),
        log_loss=_rounded(loss / total) if total else None,
        log_loss_se=None if weighted else _mean_se(loss, loss_sq, n),
    )


def _auc_se(auc: float, p: float, q: float, wins_sq: float, losses_sq: float) -> float | None:
    """DeLong: variances of the shares of pairs that each positive wins and each negative loses."""
    if p < 2 or q < 2:
        return None
    of_positives = max(wins_sq / q**2 - p * auc**2, 0.0) / (p - 1)
    of_negatives = max(losses_sq / p**2 - q * (1 - auc) ** 2, 0.0) / (q - 1)
    return _rounded(math.sqrt(of_positives / p + of_negatives / q))


def _mean_se(total: float, squares: float, n: int) -> float | None:
    if n < 2:
        return None
    return _rounded(math.sqrt(max(squares - total**2 / n, 0.0) / (n - 1) / n))


def _rounded(value: float) -> float:
    return float(f"{value:.12g}")
