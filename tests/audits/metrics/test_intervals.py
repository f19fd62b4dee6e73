"""Intervals cover what they promise, come from the seed alone, and stay away where rows are too few."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from fairlearn import metrics as fl
from numpy.typing import NDArray

from audits.metrics import binary
from audits.metrics.figures import Figures, Quantity, compare
from audits.metrics.intervals import percentiles, rate_draws, resample, wilson
from audits.metrics.rates import RATES, add_up, rate
from audits.metrics.spec import Listing, Measurement, Sampling
from audits.metrics.tables import Table, tabulate
from tests.audits.metrics.counted import POSITIVE, HandMade, at, confusion
from tests.audits.metrics.counted import binary as cells_of

SHARES = np.asarray([0.12, 0.05, 0.05, 0.18, 0.25, 0.10, 0.05, 0.20])
"""True shares of TP, FP, FN, TN in group A, then in group B."""
TRUTH = {
    "demographic_parity_difference": 0.35 / 0.60 - 0.17 / 0.40,
    "impact_ratio": (0.17 / 0.40) / (0.35 / 0.60),
    "equal_opportunity_difference": 25 / 30 - 12 / 17,
    "accuracy_difference": 0.45 / 0.60 - 0.30 / 0.40,
}


def measure(cells: HandMade, sampling: Sampling, family: tuple[str, ...] = ("g",)) -> list[Measurement]:
    return binary.measure(cells, [family], POSITIVE, sampling, Listing())[0]


def test_wilson_agrees_with_published_limits() -> None:
    # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29, by the score method.
    low, high = wilson(np.asarray([81, 15, 0, 1]), np.asarray([263, 148, 20, 29]))
    assert np.round(low, 4).tolist() == [0.2553, 0.0624, 0.0, 0.0061]
    assert np.round(high, 4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


def covered(counts: NDArray[np.int64], sampling: Sampling) -> dict[str, bool]:
    """Whether the limits from one sample lie around the truth."""
    table = tabulate(confusion("g", A=tuple(counts[:4]), B=tuple(counts[4:])), ("g",))
    found = {}
    for code, limits in limits_of(table, TRUTH, sampling).items():
        found[code] = limits[0] <= TRUTH[code] <= limits[1]
    low, high = wilson(np.asarray(counts[:2].sum()), np.asarray(counts[:4].sum()))
    return {**found, "selection_rate": bool(low <= 0.17 / 0.40 <= high)}


def limits_of(table: Table, codes: Iterable[str], sampling: Sampling) -> dict[str, tuple[float, float]]:
    """Limits of comparisons without the values that fairlearn computes."""
    resampled, figures = resample(table, sampling), Figures(table.groups, table.sizes)
    for code in ("selection_rate", "tpr", "accuracy"):
        of = RATES[code]
        figures.quantities[code] = Quantity(
            rate(table.weight, of),
            table.sizes,
            add_up(table.n, of.among),
            rate_draws(table, resampled, of, sampling),
        )
    compared = {code: compare(figures, code, sampling) for code in codes}
    return {code: (one.low, one.high) for code, one in compared.items()}


@pytest.mark.slow
def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    generator = np.random.default_rng(20261121)
    samples = generator.multinomial(1_500, SHARES, size=600)
    hits = [covered(counts, Sampling(resamples=400, seed=seed)) for seed, counts in enumerate(samples)]
    coverage = {code: float(np.mean([hit[code] for hit in hits])) for code in hits[0]}
    assert all(0.925 <= share <= 0.98 for share in coverage.values()), coverage


@pytest.mark.slow
def test_many_equal_groups_are_not_taken_for_unequal_ones() -> None:
    generator, hits = np.random.default_rng(7), []
    names = [f"g{at}" for at in range(20)]
    for seed in range(300):
        counts = generator.multinomial(200, [0.2, 0.15, 0.15, 0.5], size=20)
        table = tabulate(confusion("g", **dict(zip(names, counts.tolist(), strict=True))), ("g",))
        found = limits_of(
            table, ["demographic_parity_difference", "impact_ratio"], Sampling(resamples=300, seed=seed)
        )
        hits.append((found["demographic_parity_difference"][0] == 0, found["impact_ratio"][1] == 1))
    assert np.mean(hits, axis=0).min() >= 0.92


def test_a_comparison_of_very_many_groups_has_limits_too() -> None:
    counts = np.random.default_rng(8).multinomial(400, [0.2, 0.15, 0.15, 0.5], size=60)
    counts[0] = (20, 20, 160, 200)
    table = tabulate(
        confusion("g", **{f"g{at}": tuple(row) for at, row in enumerate(counts.tolist())}), ("g",)
    )
    low, high = limits_of(table, ["demographic_parity_difference"], Sampling())[
        "demographic_parity_difference"
    ]
    assert 0.05 < low < 0.25 < high < 0.5


@pytest.mark.slow
def test_intervals_agree_with_the_bootstrap_of_fairlearn() -> None:
    cells = confusion("g", A=(40, 20, 30, 60), B=(90, 30, 30, 100))
    rows = cells.rows()
    frame = fl.MetricFrame(
        metrics={"selection_rate": fl.selection_rate, "tpr": fl.true_positive_rate}, y_true=rows["y"],
        y_pred=rows["p"], sensitive_features=rows["g"], n_boot=200, ci_quantiles=[0.025, 0.975], random_state=5,
    )  # fmt: skip
    found = measure(cells, Sampling(seed=5))
    low, high = (limit.loc["selection_rate"] for limit in frame.difference_ci())
    ours = at(found, "demographic_parity_difference", {"g": None})
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=0.03)
    low, high = (limit.loc["tpr"] for limit in frame.ratio_ci())
    ours = at(found, "equal_opportunity_ratio", {"g": None})
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=0.04)


def test_a_resample_has_as_many_rows_as_the_table_and_its_shares_on_average() -> None:
    table = tabulate(confusion("g", A=(40, 20, 30, 60), B=(90, 30, 30, 100)), ("g",))
    drawn = resample(table, Sampling(resamples=2_000))
    assert set(drawn.sum(axis=(1, 2, 3))) == {400.0}
    assert np.abs(drawn.mean(axis=0) - table.n).max() < 1


def test_the_same_seed_gives_the_same_limits_and_another_seed_others() -> None:
    cells = confusion("g", A=(40, 20, 30, 60), B=(90, 30, 30, 100))
    first, again = measure(cells, Sampling(seed=7)), measure(cells, Sampling(seed=7))
    assert first == again
    assert first != measure(cells, Sampling(seed=8))


def test_another_attribute_beside_it_changes_no_limit() -> None:
    groups = [(a, b) for a in "AB" for b in "xy" for _ in range(4)]
    cells = cells_of(["g", "h"], groups, [1, 1, 0, 0] * 4, [1, 0, 1, 0] * 4, list(range(10, 26)))
    alone = measure(cells, Sampling())
    both = binary.measure(cells, [("h",), ("g",)], POSITIVE, Sampling(), Listing())[0]
    assert [row for row in both if set(row.slice) == {"g"}] == alone


def test_weighted_rows_get_bootstrap_limits_for_their_rates() -> None:
    groups = [("A",)] * 4 + [("B",)] * 4
    n = [40, 20, 30, 60, 90, 30, 30, 100]
    plain = cells_of(["g"], groups, [1, 1, 0, 0] * 2, [1, 0, 1, 0] * 2, n)
    doubled = cells_of(["g"], groups, [1, 1, 0, 0] * 2, [1, 0, 1, 0] * 2, n, [2.0 * count for count in n])
    ours, twice = (at(measure(cells, Sampling()), "tpr", {"g": "A"}) for cells in (plain, doubled))
    assert twice.value == ours.value
    # Twice the weight is not twice the rows: the limits stay about where they were.
    assert (twice.low, twice.high) == pytest.approx((ours.low, ours.high), abs=0.03)
    assert (twice.low, twice.high) != (ours.low, ours.high)


def test_a_group_in_which_nobody_was_selected_is_not_taken_for_certain() -> None:
    found = measure(confusion("g", A=(0, 0, 10, 20), B=(200, 100, 100, 200)), Sampling())
    ratio = at(found, "impact_ratio", {"g": "A"})
    assert ratio.value == 0
    assert ratio.high is not None
    assert 0.05 < ratio.high < 0.3
    certain = rate(resample(tabulate(confusion("g", A=(0, 0, 10, 20)), ("g",)), Sampling()), RATES["tpr"])
    assert certain.max() == 0


def test_a_value_that_is_often_undefined_in_resamples_has_no_interval_and_says_so() -> None:
    draws = np.asarray([[1.0], [np.nan]] * 10)
    low, high, undefined = percentiles(draws, Sampling(resamples=20))
    assert np.isnan([low[0], high[0]]).all()
    assert undefined[0] == 0.5
    theil = at(measure(confusion("g", A=(0, 1, 3, 0), B=(9, 9, 9, 9)), Sampling()), "theil_index", {"g": "A"})
    assert theil.value is not None
    assert theil.low is None
    assert (theil.note or "").startswith("No interval: the value is undefined in")
    assert "more than 5%" in (theil.note or "")
