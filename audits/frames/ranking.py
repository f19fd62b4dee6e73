"""Rows in the order of their score, taken in batch by batch: for every group at once, what the score's quality
is computed from. Memory grows with the groups, not with the rows, and sums are always taken in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CLIP = 2.0**-52
"""How near to 0 and 1 the log loss lets a score come."""


@dataclass(frozen=True, slots=True)
class Ties:
    """Rows of one group with one score, brought together; sorted by group, then score."""

    group: Ints
    score: Floats
    positive: Floats
    negative: Floats

    def __getitem__(self, chosen: NDArray[np.bool_]) -> Ties:
        return Ties(self.group[chosen], self.score[chosen], self.positive[chosen], self.negative[chosen])


def tied(group: Ints, score: Floats, positive: Floats, negative: Floats) -> Ties:
    """Bring rows, or ties, in the order of their score together by group and score."""
    # Few groups fit into 16 bits, for which the stable sort needs no comparisons.
    small = group.astype(np.int16) if group.size and group.max() < 2**15 else group
    order = np.argsort(small, kind="stable")
    group, score = group[order], score[order]
    first = np.empty(group.size, dtype=np.bool_)
    first[:1] = True
    first[1:] = (group[1:] != group[:-1]) | (score[1:] != score[:-1])
    starts = np.flatnonzero(first)
    if not starts.size:
        return Ties(group, score, positive, negative)
    return Ties(
        group[starts],
        score[starts],
        np.add.reduceat(positive[order], starts),
        np.add.reduceat(negative[order], starts),
    )


_NOTHING = Ties(np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0))


@dataclass(slots=True)
class Ranking:
    """Sums for each of ``groups`` groups; every array has one entry a group.

    ``wins`` adds up, over the positives, the weight of the negatives below them (half of those beside them);
    ``wins_sq`` the squares of that weight; ``losses_sq`` for the negatives the squares of the weight of the
    positives below them.
    """

    groups: int
    rows: Ints = field(init=False)
    labelled: Ints = field(init=False)
    positives: Ints = field(init=False)
    weight: Floats = field(init=False)
    score: Floats = field(init=False)
    positive: Floats = field(init=False)
    negative: Floats = field(init=False)
    wins: Floats = field(init=False)
    wins_sq: Floats = field(init=False)
    losses_sq: Floats = field(init=False)
    brier: Floats = field(init=False)
    brier_sq: Floats = field(init=False)
    loss: Floats = field(init=False)
    loss_sq: Floats = field(init=False)
    _held: Ties = field(init=False, default=_NOTHING)

    def __post_init__(self) -> None:
        for name in ("rows", "labelled", "positives"):
            setattr(self, name, np.zeros(self.groups, np.int64))
        for name in _SUMS:
            setattr(self, name, np.zeros(self.groups))

    def add(self, group: Ints, score: Floats, label: NDArray[np.int8], weight: Floats) -> None:
        """Take in rows whose scores are not below those taken in before; label -1 is none."""
        is_positive, is_negative = label == 1, label == 0
        known = is_positive | is_negative
        self.rows += np.bincount(group, minlength=self.groups)
        self.labelled += np.bincount(group[known], minlength=self.groups)
        self.positives += np.bincount(group[is_positive], minlength=self.groups)
        self.weight += self._summed(group, weight)
        self.score += self._summed(group, weight * score)
        self._take(tied(group, score, weight * is_positive, weight * is_negative))

    def finish(self) -> None:
        """Settle the last score of every group."""
        self._settle(self._held)
        self._held = _NOTHING

    def _take(self, new: Ties) -> None:
        """Settle what is complete; the last score of each group may go on in the next rows."""
        held = self._held
        both = tied(
            np.concatenate((held.group, new.group)),
            np.concatenate((held.score, new.score)),
            np.concatenate((held.positive, new.positive)),
            np.concatenate((held.negative, new.negative)),
        )
        last = np.ones(both.group.size, dtype=np.bool_)
        last[:-1] = both.group[1:] != both.group[:-1]
        self._settle(both[~last])
        self._held = both[last]

    def _settle(self, ties: Ties) -> None:
        group, s, p, q = ties.group, ties.score, ties.positive, ties.negative
        below_q = self._below(group, q, self.negative)
        below_p = self._below(group, p, self.positive)
        self.wins += self._summed(group, p * below_q)
        self.wins_sq += self._summed(group, p * below_q**2)
        self.losses_sq += self._summed(group, q * below_p**2)
        self.positive += self._summed(group, p)
        self.negative += self._summed(group, q)
        missed, claimed = (1 - s) ** 2, s**2
        self.brier += self._summed(group, p * missed + q * claimed)
        self.brier_sq += self._summed(group, p * missed**2 + q * claimed**2)
        inner = np.clip(s, CLIP, 1 - CLIP)
        missed, claimed = -np.log(inner), -np.log(1 - inner)
        self.loss += self._summed(group, p * missed + q * claimed)
        self.loss_sq += self._summed(group, p * missed**2 + q * claimed**2)

    def _below(self, group: Ints, weight: Floats, before: Floats) -> Floats:
        """The weight below each tie within its group, with half of its own."""
        if not group.size:
            return weight
        running = np.cumsum(weight)
        starts = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))
        offset = (running - weight)[starts]
        lengths = np.diff(np.append(starts, group.size))
        return running - np.repeat(offset, lengths) - weight / 2 + before[group]

    def _summed(self, group: Ints, values: Floats) -> Floats:
        return np.bincount(group, weights=values, minlength=self.groups)


_SUMS = (
    "weight", "score", "positive", "negative", "wins", "wins_sq", "losses_sq", "brier", "brier_sq", "loss", "loss_sq",
)  # fmt: skip
