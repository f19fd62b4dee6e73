"""How far a regression is off, and who it puts among the highest."""

from __future__ import annotations

from audits.metrics.rows.words import (
    ACROSS,
    GROUP,
    HIGHER,
    HOLISTICAI,
    JUDGED,
    LOWER,
    NEITHER,
    ROWS,
    TO_ONE,
    TO_ZERO,
    VALUES,
)
from audits.metrics.spec import Direction, MetricSpec, Scope

LEVELS = ("q50", "q80", "q90")


def _error(
    code: str,
    title: str,
    formula: str,
    direction: Direction,
    *,
    unit: str = "label",
    interval: str = "normal",
    source: str = "mean",
) -> MetricSpec:
    return MetricSpec(code, title, (ROWS,), JUDGED, formula, source, direction, unit, interval, VALUES)


def _apart(
    code: str,
    title: str,
    formula: str,
    direction: Direction,
    *,
    unit: str = "label",
    scopes: tuple[Scope, ...] = (GROUP,),
    interval: str = "normal",
) -> MetricSpec:
    return MetricSpec(code, title, scopes, JUDGED, formula, HOLISTICAI, direction, unit, interval, VALUES)


def _share(code: str, title: str, of: str, level: str) -> MetricSpec:
    formula = f"share of {of} >= the {level[1:]} % quantile of all rows"
    return _error(code, title, formula, NEITHER, unit="share", interval="wilson", source=HOLISTICAI)


def _share_apart(code: str, title: str, of: str, sign: str, direction: Direction, unit: str) -> MetricSpec:
    formula = f"{of}(group) {sign} {of}(reference)"
    return _apart(code, title, formula, direction, unit=unit, interval="bootstrap")


def _level(level: str) -> tuple[MetricSpec, ...]:
    """Who is among the highest: values at or above a quantile of all rows (numpy's linear one, ties included)."""
    chosen, deserving = f"selected_{level}", f"label_selected_{level}"
    impact, label_impact = f"disparate_impact_{level}", f"label_disparate_impact_{level}"
    parity = f"statistical_parity_{level}"
    return (
        _share(chosen, f"Predicted among the highest, {level}", "predictions", level),
        _share(deserving, f"Actually among the highest, {level}", "labels", level),
        _share_apart(impact, f"Disparate impact, {level}", chosen, "/", TO_ONE, "ratio"),
        _share_apart(parity, f"Statistical parity, {level}", chosen, "-", TO_ZERO, "share"),
        _share_apart(
            label_impact, f"Disparate impact of the label, {level}", deserving, "/", TO_ONE, "ratio"
        ),
    )


ERRORS = (
    _error("mae", "Mean absolute error", "mean |prediction - label|", LOWER),
    _error("rmse", "Root mean squared error", "sqrt(mean (prediction - label)^2)", LOWER),
    _error(
        "r2",
        "R squared",
        "1 - squared errors / squared deviations of the label",
        HIGHER,
        unit="share",
        source="coefficient of determination",
    ),
    _error("mean_error", "Mean error", "mean (prediction - label)", TO_ZERO),
    _error("mean_prediction", "Mean prediction", "mean prediction", NEITHER),
    _error("mean_label", "Mean label", "mean label", NEITHER, interval="none"),
    _error(
        "max_error", "Largest error", "max |prediction - label|", LOWER, interval="none", source="maximum"
    ),
    _error(
        "correlation",
        "Correlation",
        "Pearson correlation of label and prediction",
        HIGHER,
        unit="correlation",
        interval="none",
        source="Pearson 1895",
    ),
    _apart(
        "mae_ratio",
        "MAE ratio",
        "MAE(group) / MAE(reference); across groups: smallest over largest",
        TO_ONE,
        unit="ratio",
        scopes=(GROUP, ACROSS),
    ),
    _apart(
        "mae_difference",
        "MAE difference",
        "largest minus smallest MAE of the groups",
        TO_ZERO,
        scopes=(ACROSS,),
    ),
    _apart(
        "rmse_ratio",
        "RMSE ratio",
        "RMSE(group) / RMSE(reference); across groups: smallest over largest",
        TO_ONE,
        unit="ratio",
        scopes=(GROUP, ACROSS),
    ),
    _apart(
        "rmse_difference",
        "RMSE difference",
        "largest minus smallest RMSE of the groups",
        TO_ZERO,
        scopes=(ACROSS,),
    ),
    _apart(
        "mean_prediction_difference",
        "Mean prediction difference",
        "mean prediction(group) - mean prediction(reference); across groups: largest minus smallest",
        TO_ZERO,
        scopes=(GROUP, ACROSS),
    ),
    _apart(
        "mean_prediction_ratio",
        "Mean prediction ratio",
        "mean prediction(group) / mean prediction(reference)",
        TO_ONE,
        unit="ratio",
    ),
    _apart(
        "mean_error_difference",
        "Mean error difference",
        "mean error(group) - mean error(reference); across groups: largest minus smallest",
        TO_ZERO,
        scopes=(GROUP, ACROSS),
    ),
    _apart(
        "correlation_difference",
        "Correlation difference",
        "correlation(group) - correlation(reference)",
        TO_ZERO,
        unit="correlation",
        interval="none",
    ),
    *(spec for level in LEVELS for spec in _level(level)),
)
