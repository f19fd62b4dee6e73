"""The checks that run where nobody declared others. They are conventions with a source, not law."""

from __future__ import annotations

from collections.abc import Sequence

from audits.checks.spec import Check
from audits.metrics.spec import BINARY, MULTICLASS

FOUR_FIFTHS = 0.8
"""29 CFR 1607.4 D: a rate below four fifths of the highest group's rate is generally taken as adverse impact."""

ERROR_RATE_GAP = 0.1
"""A tenth between the groups' true positive rates: a working convention, to be replaced by the plan's own bar."""

MIN_GROUP = 30
"""Groups with fewer rows in a denominator are named and leave a check undecided."""


def default_checks(
    task: str, sensitive: Sequence[str], *, label: bool, inverted: bool = False, favourable: bool = True
) -> tuple[Check, ...]:
    """The default checks of a task.

    ``inverted`` says that the favourable outcome is not the positive class, ``favourable`` that one is known at all
    (a multi-class task has none unless it is declared).
    """
    if task == BINARY:
        return (*_performance(label), *_impact(sensitive), *_opportunity(sensitive, label, inverted))
    if task == MULTICLASS:
        return (*_performance(label), *(_impact(sensitive) if favourable else _class_shares(sensitive)))
    return _regression(sensitive)


def _performance(label: bool) -> tuple[Check, ...]:
    if not label:
        return ()
    return (Check("Accuracy above the majority class", "accuracy_above_majority", ">", 0.0, min_n=MIN_GROUP),)


def _impact(sensitive: Sequence[str]) -> tuple[Check, ...]:
    return tuple(
        Check(
            f"Impact ratio by {name}", "favourable_impact_ratio", ">=", FOUR_FIFTHS, (name,), min_n=MIN_GROUP
        )
        for name in sensitive
    )


def _opportunity(sensitive: Sequence[str], label: bool, inverted: bool) -> tuple[Check, ...]:
    """Among those whose outcome deserves it, how equally the favourable prediction is given."""
    if not label:
        return ()
    metric = "tnr_difference" if inverted else "equal_opportunity_difference"
    return tuple(
        Check(f"Equal opportunity by {name}", metric, "<=", ERROR_RATE_GAP, (name,), min_n=MIN_GROUP)
        for name in sensitive
    )


def _class_shares(sensitive: Sequence[str]) -> tuple[Check, ...]:
    return tuple(
        Check(
            f"Class shares by {name}",
            "multiclass_statistical_parity",
            "<=",
            ERROR_RATE_GAP,
            (name,),
            min_n=MIN_GROUP,
        )
        for name in sensitive
    )


def _regression(sensitive: Sequence[str]) -> tuple[Check, ...]:
    return (
        Check("Better than predicting the mean", "r2", ">", 0.0, min_n=MIN_GROUP),
        *(
            Check(f"Error ratio by {name}", "mae_ratio", ">=", FOUR_FIFTHS, (name,), min_n=MIN_GROUP)
            for name in sensitive
        ),
    )
