"""How far all groups are apart."""

from __future__ import annotations

from audits.metrics.rows.words import (
    ACROSS,
    CLASSIFICATION,
    FAIRLEARN_GUIDE,
    JUDGED,
    LABELLED,
    LOWER,
    NEITHER,
    PREDICTED,
    ROWS,
    TO_ONE,
    TO_ZERO,
    TWO_CLASSES,
)
from audits.metrics.spec import MetricSpec


def _spread(
    name: str,
    of: str,
    needs: frozenset[str],
    *,
    tasks: frozenset[str] = TWO_CLASSES,
    unit: str = "share",
    source: str = FAIRLEARN_GUIDE,
) -> tuple[MetricSpec, ...]:
    """Largest difference and smallest ratio of the groups' values of one metric."""
    title = f"{name[0].upper()}{name[1:].replace('_', ' ')}"
    return (
        MetricSpec(
            f"{name}_difference",
            f"{title} difference",
            (ACROSS,),
            needs,
            f"largest minus smallest {of} of the groups",
            source,
            TO_ZERO,
            unit=unit,
            tasks=tasks,
        ),
        MetricSpec(
            f"{name}_ratio",
            f"{title} ratio",
            (ACROSS,),
            needs,
            f"smallest over largest {of} of the groups",
            source,
            TO_ONE,
            unit="ratio",
            tasks=tasks,
        ),
    )


def _spread_to_overall(
    name: str, of: str, needs: frozenset[str], tasks: frozenset[str] = TWO_CLASSES
) -> tuple[MetricSpec, ...]:
    """Largest difference and smallest ratio of a group's value and that of all rows together."""
    title = f"{name[0].upper()}{name[1:].replace('_', ' ')}"
    return (
        MetricSpec(
            f"{name}_difference_to_overall",
            f"{title} difference to overall",
            (ACROSS,),
            needs,
            f"largest distance of a group's {of} from that of all rows",
            FAIRLEARN_GUIDE,
            TO_ZERO,
            tasks=tasks,
        ),
        MetricSpec(
            f"{name}_ratio_to_overall",
            f"{title} ratio to overall",
            (ACROSS,),
            needs,
            f"smallest ratio of a group's {of} and that of all rows, the smaller above",
            FAIRLEARN_GUIDE,
            TO_ONE,
            unit="ratio",
            tasks=tasks,
        ),
    )


COMPARISONS = (
    *_spread("demographic_parity", "selection rate", PREDICTED),
    *_spread_to_overall("demographic_parity", "selection rate", PREDICTED),
    *_spread("equal_opportunity", "TPR", JUDGED),
    *_spread_to_overall("equal_opportunity", "TPR", JUDGED),
    *_spread("fpr", "FPR", JUDGED),
    *_spread_to_overall("fpr", "FPR", JUDGED),
    *_spread("fnr", "FNR", JUDGED),
    *_spread("tnr", "TNR", JUDGED),
    *_spread("accuracy", "accuracy", JUDGED, tasks=CLASSIFICATION),
    *_spread_to_overall("accuracy", "accuracy", JUDGED, CLASSIFICATION),
    *_spread("predictive_parity", "PPV", JUDGED),
    *_spread("base_rate", "base rate", LABELLED),
    MetricSpec(
        "equalized_odds_difference",
        "Equalised odds difference",
        (ACROSS,),
        JUDGED,
        "max(equal_opportunity_difference, fpr_difference)",
        FAIRLEARN_GUIDE,
        TO_ZERO,
        fairlearn="fairlearn.metrics.equalized_odds_difference",
    ),
    MetricSpec(
        "equalized_odds_ratio",
        "Equalised odds ratio",
        (ACROSS,),
        JUDGED,
        "min(equal_opportunity_ratio, fpr_ratio)",
        FAIRLEARN_GUIDE,
        TO_ONE,
        "ratio",
        fairlearn="fairlearn.metrics.equalized_odds_ratio",
    ),
    MetricSpec(
        "equalized_odds_difference_to_overall",
        "Equalised odds difference to overall",
        (ACROSS,),
        JUDGED,
        "the larger of the TPR's and the FPR's difference to overall",
        FAIRLEARN_GUIDE,
        TO_ZERO,
    ),
    MetricSpec(
        "equalized_odds_ratio_to_overall",
        "Equalised odds ratio to overall",
        (ACROSS,),
        JUDGED,
        "the smaller of the TPR's and the FPR's ratio to overall",
        FAIRLEARN_GUIDE,
        TO_ONE,
        "ratio",
    ),
    MetricSpec(
        "chi2_independence",
        "Chi-square of independence",
        (ACROSS,),
        PREDICTED,
        "Pearson chi-square of group x prediction, no Yates correction",
        "Pearson 1900",
        LOWER,
        "statistic",
        "none",
    ),
    MetricSpec(
        "chi2_independence_dof",
        "Degrees of freedom of the chi-square",
        (ACROSS,),
        PREDICTED,
        "groups with rows - 1",
        "Pearson 1900",
        NEITHER,
        "count",
        "none",
    ),
    MetricSpec(
        "chi2_independence_p",
        "p-value of the chi-square",
        (ACROSS,),
        PREDICTED,
        "upper tail of the chi-square distribution",
        "Pearson 1900",
        NEITHER,
        "probability",
        "none",
    ),
    MetricSpec(
        "theil_index",
        "Theil index",
        (ROWS, ACROSS),
        JUDGED,
        "mean(b/mu ln(b/mu)), b = prediction - label + 1",
        "Speicher et al. 2018; AIF360",
        LOWER,
        "index",
    ),
)
