"""A made-up lender's loan applications, drawn from a seed, with a real reason in them for a model to go wrong.

Who repays depends on money alone: income, debts, history. But the lender's *recorded* outcome does not: loans of second
earners of a household were written off after 30 days late, all others after 90. So many second earners who did repay
are recorded as if they had not. Most of them are women. A model that learns the recorded outcome and sees the household
code learns to turn women away; one that learns the outcome by one rule for everybody, without the code, does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64] | NDArray[np.int64] | NDArray[np.str_]
Reals = NDArray[np.float64]

SEED = 20260115
TRAIN_ROWS = 20_000
TEST_ROWS = 12_000

ID = "application_id"
PROXY = "household_code"
FEATURES = (
    "annual_income",
    "debt_ratio",
    "credit_utilisation",
    "late_payments_24m",
    "history_months",
    "employment_years",
    "region_score",
    PROXY,
)
SENSITIVE = ("sex", "age_band")
LABEL = "repaid"
RECORDED_LABEL = "repaid_recorded"

AGE_BANDS = ("18-29", "30-44", "45-59", "60+")
_BAND_STARTS = (30, 45, 60)

# The old core system's household code, with its share among women and men.
SINGLE, MAIN_EARNER, SECOND_EARNER = 1, 2, 3
_HOUSEHOLDS = {
    "woman": {SINGLE: 0.26, MAIN_EARNER: 0.18, SECOND_EARNER: 0.56},
    "man": {SINGLE: 0.27, MAIN_EARNER: 0.66, SECOND_EARNER: 0.07},
}
_WOMEN = 0.48
# Of the second earners who did repay, those once between 30 and 90 days late: recorded as not repaid.
_WRITTEN_OFF_EARLY = 0.46

# Log-odds of repaying, per unit away from the centre given with it.
_BASE = 0.68
_EFFECTS: dict[str, tuple[float, float]] = {
    "debt_ratio": (-5.2, 0.35),
    "credit_utilisation": (-3.4, 0.45),
    "late_payments_24m": (-0.72, 0.8),
    "history_months": (0.003, 100.0),
    "employment_years": (0.03, 6.5),
    "region_score": (0.022, 50.0),
}
_INCOME_EFFECT, _INCOME_CENTRE = 1.7, 38_000.0


@dataclass(frozen=True, slots=True)
class DemoData:
    """Columns of the two files, name -> one value per row."""

    train: Mapping[str, Column]
    test: Mapping[str, Column]


def generate(seed: int = SEED, train_rows: int = TRAIN_ROWS, test_rows: int = TEST_ROWS) -> DemoData:
    """Draw the training and the test file; only the training file has the recorded outcome beside the true one."""
    train_seed, test_seed = np.random.SeedSequence(seed).spawn(2)
    train = _applications(train_rows, 1, np.random.default_rng(train_seed))
    test = _applications(test_rows, 1 + train_rows, np.random.default_rng(test_seed))
    test.pop(RECORDED_LABEL)
    return DemoData(train, test)


def _applications(rows: int, first_id: int, rng: np.random.Generator) -> dict[str, Column]:
    woman = rng.random(rows) < _WOMEN
    age = np.clip(np.round(18 + rng.gamma(3.2, 7.8, rows)), 18, 84)
    features = _features(age, _households(woman, rng), rng)
    repaid = rng.random(rows) < _repayment(features)
    early = (features[PROXY] == SECOND_EARNER) & (rng.random(rows) < _WRITTEN_OFF_EARLY)
    return {
        ID: np.arange(first_id, first_id + rows, dtype=np.int64),
        **features,
        "sex": np.where(woman, "woman", "man"),
        "age_band": np.array(AGE_BANDS)[np.digitize(age, _BAND_STARTS)],
        LABEL: repaid.astype(np.int64),
        RECORDED_LABEL: (repaid & ~early).astype(np.int64),
    }


def _households(woman: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int64]:
    women, men = (
        rng.choice(list(shares), len(woman), p=list(shares.values())) for shares in _HOUSEHOLDS.values()
    )
    return np.where(woman, women, men)


def _features(age: Reals, household: NDArray[np.int64], rng: np.random.Generator) -> dict[str, Column]:
    """What an application form and a credit bureau would say; a second earner earns somewhat less."""
    rows = len(age)
    working_years = np.minimum(age - 18, 42)
    income = np.exp(
        rng.normal(10.5, 0.36, rows) - 0.06 * (household == SECOND_EARNER) + 0.001 * working_years
    )
    return {
        "annual_income": np.round(income, -1),
        "debt_ratio": np.round(rng.beta(2.6, 4.8, rows), 3),
        "credit_utilisation": np.round(rng.beta(1.7, 2.1, rows), 3),
        "late_payments_24m": np.minimum(rng.negative_binomial(0.9, 0.53, rows), 12),
        "history_months": np.round(np.minimum(working_years * 12, 18 + rng.gamma(2.6, 38, rows))).astype(
            np.int64
        ),
        "employment_years": np.round(np.minimum(working_years, rng.gamma(1.6, 4.4, rows)), 1),
        "region_score": np.round(np.clip(rng.normal(50, 18, rows), 1, 99)).astype(np.int64),
        PROXY: household,
    }


def _repayment(features: Mapping[str, Column]) -> Reals:
    """The chance that the loan is paid back: neither the household code nor the sex has a part in it."""
    income = features["annual_income"].astype(np.float64)
    log_odds: Reals = _BASE + _INCOME_EFFECT * np.log(income / _INCOME_CENTRE)
    for name, (effect, centre) in _EFFECTS.items():
        log_odds = log_odds + effect * (features[name].astype(np.float64) - centre)
    return 1 / (1 + np.exp(-log_odds))
