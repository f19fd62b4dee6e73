"""How good a score is, exactly and for every group, computed where the rows lie.

AUC is the Mann-Whitney statistic with ties counted half (weighted: by the product of the weights), with the
standard error of DeLong, DeLong and Clarke-Pearson (1988). Brier score is the mean of (score - label)^2. The
log loss keeps scores 2^-52 away from 0 and 1, so that it is always finite.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from audits.frames.coding import SCORE_NUMBER
from audits.frames.database import quoted_text, refusing_overload
from audits.frames.errors import Refused
from audits.frames.mapping import Mapping
from audits.frames.numbers import among
from audits.frames.ranking import Ints, Ranking
from audits.frames.source import Source
from audits.frames.tally import LABEL, PREDICTION, WEIGHT, Attribute, Group, group_name, group_of, places_of
from audits.frames.tokens import MISSING, NEGATIVE, POSITIVE

_BATCH_ROWS = 1_000_000
_MOST_COMBINATIONS = 2**60
"""What their numbers have room for."""
_LABEL = f"coalesce({LABEL}, '')"


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
    places = places_of(source.tally.attributes, attribute)
    groups, lookup = _groups(source, places)
    ranking = Ranking(len(groups))
    for batch in _batches(source, places):
        codes = lookup(batch)
        member = codes >= 0
        score, label = (batch.column(name).to_numpy()[member] for name in ("s", "y"))
        weight = batch.column("w").to_numpy()[member] if mapping.weight else np.ones(score.size)
        ranking.add(codes[member], score, label, weight)
    ranking.finish()
    return tuple(
        _cell(group_of(group, attribute), ranking, at, weighted=mapping.weight is not None)
        for at, group in enumerate(groups)
        if ranking.rows[at]
    )


def _prepare(source: Source, mapping: Mapping) -> None:
    """Sort the scored rows once into a narrow table: score, label code, weight, numbers of the groups."""
    reading = source.account.reading
    assert reading is not None  # noqa: S101 - score_cells has looked
    positive, negative = reading.of(POSITIVE), reading.of(NEGATIVE)
    label = among(_LABEL, positive[0]), among(_LABEL, negative[0]), among(_LABEL, _unlabelled(source))
    usable = "true" if mapping.prediction is None else among(PREDICTION, positive[1] + negative[1])
    groups = "".join(
        f", coalesce(enum_code(TRY_CAST({group_name(at)} AS ENUM ({_texts(values)}))), {len(values)})"
        f"::INTEGER AS {group_name(at)}"
        for at, values in enumerate(_values(source))
    )
    source.query(
        f"CREATE TEMP TABLE IF NOT EXISTS scored AS SELECT {SCORE_NUMBER} AS s, "  # noqa: S608 - every text is quoted
        f"CAST(CASE WHEN {label[0]} THEN 1 WHEN {label[1]} THEN 0 ELSE -1 END AS TINYINT) AS y, "
        f"{WEIGHT if mapping.weight else 'NULL'} AS w{groups} FROM coded "
        f"WHERE {SCORE_NUMBER} IS NOT NULL AND ({usable}) AND ({' OR '.join(label)}) ORDER BY s"
    )


def _values(source: Source) -> list[list[str]]:
    """The groups of each attribute, in order; a row with another value is in no group."""
    width = len(source.tally.attributes)
    return [sorted({groups[at] for groups in source.account.groups} - {""}) for at in range(width)]


def _texts(values: Sequence[str]) -> str:
    """The values of an enumeration, which must have one."""
    return ", ".join(map(quoted_text, values)) or "''"


def _groups(
    source: Source, places: Sequence[int]
) -> tuple[list[tuple[str, ...]], Callable[[pa.RecordBatch], Ints]]:
    """The groups of one or several attributes, and how to tell from a batch in which of them rows are."""
    every = _values(source)
    values = [every[at] for at in places]
    if not places:
        return [()], lambda batch: np.zeros(batch.num_rows, np.int64)
    occurring = sorted(
        {
            tuple(groups[at] for at in places)
            for groups in source.account.groups
            if all(groups[at] for at in places)
        }
    )
    if math.prod(map(len, values)) > _MOST_COMBINATIONS:
        raise Refused("limits.cells", "The combinations are too many: measure fewer attributes at once.")
    # A combination's number in a table of all combinations; sorted like the groups themselves.
    numbers = [{value: number for number, value in enumerate(one)} for one in values]
    known = np.array(
        [
            _joined([number[value] for number, value in zip(numbers, group, strict=True)], values)
            for group in occurring
        ],
        dtype=np.int64,
    )

    def lookup(batch: pa.RecordBatch) -> Ints:
        codes = [batch.column(name).to_numpy().astype(np.int64) for name in map(group_name, places)]
        joined = _joined(codes, values)
        at = np.minimum(np.searchsorted(known, joined), max(len(known) - 1, 0))
        inside = np.logical_and.reduce([code < len(one) for code, one in zip(codes, values, strict=True)])
        return np.where(inside & (known[at] == joined), at, -1) if len(known) else np.full(len(joined), -1)

    return occurring, lookup


def _joined(codes: Sequence[Any], values: Sequence[Sequence[str]]) -> Any:
    joined = codes[0]
    for code, one in zip(codes[1:], values[1:], strict=True):
        joined = joined * len(one) + code
    return joined


def _batches(source: Source, places: Sequence[int]) -> Iterator[pa.RecordBatch]:
    columns = ", ".join(("s", "y", "w", *map(group_name, places)))
    with refusing_overload():
        yield from source.connection.sql(f"SELECT {columns} FROM scored").to_arrow_reader(_BATCH_ROWS)  # noqa: S608


def _unlabelled(source: Source) -> list[str]:
    """Label tokens of rows that are used though they have no label."""
    account, tally = source.account, source.tally
    return sorted({tally.label[at] for at, code in enumerate(account.label) if code == MISSING})


def _cell(group: Group, ranking: Ranking, at: int, *, weighted: bool) -> ScoreCell:
    p, q = float(ranking.positive[at]), float(ranking.negative[at])
    n, positives, total = int(ranking.labelled[at]), int(ranking.positives[at]), p + q
    auc = float(ranking.wins[at]) / (p * q) if p and q else None
    brier, brier_sq = float(ranking.brier[at]), float(ranking.brier_sq[at])
    loss, loss_sq = float(ranking.loss[at]), float(ranking.loss_sq[at])
    squares = float(ranking.wins_sq[at]), float(ranking.losses_sq[at])
    return ScoreCell(
        group=group,
        n=n,
        scored=int(ranking.rows[at]),
        positives=positives,
        negatives=n - positives,
        weight=_rounded(total),
        mean_score=_rounded(float(ranking.score[at] / ranking.weight[at])),
        mean_label=_rounded(p / total) if n else None,
        auc=None if auc is None else _rounded(auc),
        auc_se=None if weighted or auc is None else _auc_se(auc, p, q, *squares),
        brier=_rounded(brier / total) if n else None,
        brier_se=None if weighted else _mean_se(brier, brier_sq, n),
        log_loss=_rounded(loss / total) if n else None,
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
