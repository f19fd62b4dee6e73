"""Answers worked out by hand, one for every metric of the catalogue: (code, slice) -> value.

Binary: women have 10 TP, 5 FP, 5 FN, 30 TN (50 rows), men 30 TP, 20 FP, 10 FN, 40 TN (100 rows). Reference: M.
Multi-class: the rows of CLASSES. Scores: the rows of SCORES. Regression: the rows of VALUES. Reference: B.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import erfc, log, sqrt

Answer = tuple[str, Mapping[str, str | None], float]

BINARY_COUNTS = {"F": (10, 5, 5, 30), "M": (30, 20, 10, 40)}
ALL: dict[str, str | None] = {}
F: dict[str, str | None] = {"sex": "F"}
ACROSS: dict[str, str | None] = {"sex": None}
CHI2 = 150 * (15 * 50 - 35 * 50) ** 2 / (50 * 100 * 65 * 85)

BINARY: list[Answer] = [
    ("n", F, 50), ("tp", F, 10), ("fp", F, 5), ("fn", F, 5), ("tn", F, 30),
    ("selection_rate", F, 15 / 50), ("selection_rate", ALL, 65 / 150),
    ("favourable_rate", F, 15 / 50),
    ("base_rate", F, 15 / 50), ("base_rate", ALL, 55 / 150),
    ("accuracy", F, 40 / 50), ("accuracy", ALL, 110 / 150),
    ("tpr", F, 10 / 15), ("fnr", F, 5 / 15), ("fpr", F, 5 / 35), ("tnr", F, 30 / 35),
    ("ppv", F, 10 / 15), ("fdr", F, 5 / 15), ("npv", F, 30 / 35), ("for", F, 5 / 35),
    ("majority_rate", ALL, 95 / 150), ("accuracy_above_majority", ALL, 15 / 150),
    ("impact_ratio", F, 0.3 / 0.5), ("impact_ratio", {"sex": "M"}, 1), ("impact_ratio", ACROSS, 0.6),
    ("favourable_impact_ratio", F, 0.6), ("favourable_impact_ratio", ACROSS, 0.6),
    ("statistical_parity_difference_vs_ref", F, -0.2), ("disparate_impact_vs_ref", F, 0.6),
    ("equal_opportunity_difference_vs_ref", F, 2 / 3 - 3 / 4),
    ("average_odds_difference_vs_ref", F, ((1 / 7 - 1 / 3) + (2 / 3 - 3 / 4)) / 2),
    ("base_rate_difference_vs_ref", F, 0.3 - 0.4), ("base_rate_ratio_vs_ref", F, 0.75),
    ("z_two_proportion", F, -sqrt(CHI2)), ("z_two_proportion", {"sex": "M"}, 0),
    ("demographic_parity_difference", ACROSS, 0.2), ("demographic_parity_ratio", ACROSS, 0.6),
    ("demographic_parity_difference_to_overall", ACROSS, 65 / 150 - 0.3),
    ("demographic_parity_ratio_to_overall", ACROSS, 0.3 * 150 / 65),
    ("equal_opportunity_difference", ACROSS, 3 / 4 - 2 / 3), ("equal_opportunity_ratio", ACROSS, 8 / 9),
    ("equal_opportunity_difference_to_overall", ACROSS, 8 / 11 - 2 / 3),
    ("equal_opportunity_ratio_to_overall", ACROSS, 11 / 12),
    ("fpr_difference", ACROSS, 1 / 3 - 1 / 7), ("fpr_ratio", ACROSS, 3 / 7),
    ("fpr_difference_to_overall", ACROSS, 25 / 95 - 1 / 7), ("fpr_ratio_to_overall", ACROSS, 95 / 175),
    ("fnr_difference", ACROSS, 1 / 3 - 1 / 4), ("fnr_ratio", ACROSS, 3 / 4),
    ("tnr_difference", ACROSS, 6 / 7 - 2 / 3), ("tnr_ratio", ACROSS, 7 / 9),
    ("accuracy_difference", ACROSS, 0.1), ("accuracy_ratio", ACROSS, 7 / 8),
    ("accuracy_difference_to_overall", ACROSS, 0.8 - 110 / 150), ("accuracy_ratio_to_overall", ACROSS, 110 / 120),
    ("predictive_parity_difference", ACROSS, 2 / 3 - 0.6), ("predictive_parity_ratio", ACROSS, 0.9),
    ("base_rate_difference", ACROSS, 0.1), ("base_rate_ratio", ACROSS, 0.75),
    ("equalized_odds_difference", ACROSS, 1 / 3 - 1 / 7), ("equalized_odds_ratio", ACROSS, 3 / 7),
    ("equalized_odds_difference_to_overall", ACROSS, 25 / 95 - 1 / 7),
    ("equalized_odds_ratio_to_overall", ACROSS, 95 / 175),
    ("chi2_independence", ACROSS, CHI2), ("chi2_independence_dof", ACROSS, 1),
    ("chi2_independence_p", ACROSS, erfc(sqrt(CHI2 / 2))),
    ("theil_index", F, 0.2 * log(2)),
    ("theil_index", ALL, (110 / 1.0666666666666667 * log(1 / 1.0666666666666667)
                          + 50 / 1.0666666666666667 * log(2 / 1.0666666666666667)) / 150),
]  # fmt: skip

CLASSES = [
    *[("A", "x", "x")] * 4, *[("A", "x", "y")] * 1, *[("A", "y", "y")] * 3, *[("A", "z", "z")] * 2,
    *[("B", "x", "x")] * 1, *[("B", "y", "y")] * 2, *[("B", "y", "z")] * 2, *[("B", "z", "z")] * 5,
]  # fmt: skip
MULTICLASS: list[Answer] = [
    ("confusion", {"actual": "x", "predicted": "y"}, 1), ("confusion", {"actual": "y", "predicted": "z"}, 2),
    ("selection_rate", {"class": "z"}, 9 / 20), ("selection_rate", {"group": "A", "class": "x"}, 0.4),
    ("recall", {"class": "x"}, 5 / 6), ("recall", {"group": "B", "class": "y"}, 0.5),
    ("precision", {"class": "z"}, 7 / 9), ("precision", {"group": "B", "class": "z"}, 5 / 7),
    ("accuracy", {}, 17 / 20),
    ("macro_recall", {}, (5 / 6 + 5 / 7 + 1) / 3),
    ("macro_precision", {}, (1 + 5 / 6 + 7 / 9) / 3),
    ("majority_rate", {}, 7 / 20), ("accuracy_above_majority", {}, 10 / 20),
    ("multiclass_statistical_parity", {"group": None}, (0.3 + 0.2 + 0.5) / 2),
    ("favourable_rate", {"group": "A"}, 0.2), ("favourable_impact_ratio", {"group": "A"}, 2 / 7),
]  # fmt: skip

SCORES = [
    ("A", 0, 0.1), ("A", 0, 0.4), ("A", 1, 0.35), ("A", 1, 0.8),
    ("B", 0, 0.2), ("B", 1, 0.2), ("B", 1, 0.9), ("B", 1, 0.7),
]  # fmt: skip
SCORED: list[Answer] = [
    ("auc", {"group": "A"}, 3 / 4), ("auc", {"group": "B"}, 2.5 / 3),
    ("auc", {}, (5 + 4 + 3.5) / 15),
    ("brier", {"group": "A"}, (0.01 + 0.16 + 0.4225 + 0.04) / 4),
    ("log_loss", {"group": "A"}, -(log(0.9) + log(0.6) + log(0.35) + log(0.8)) / 4),
    ("mean_score", {"group": "A"}, 1.65 / 4), ("calibration_gap", {"group": "A"}, 1.65 / 4 - 0.5),
    ("auc_difference", {"group": None}, 2.5 / 3 - 3 / 4), ("auc_ratio", {"group": None}, 0.9),
]  # fmt: skip

VALUES = [
    ("A", 1, 2), ("A", 2, 2), ("A", 3, 5),
    ("B", 2, 2), ("B", 4, 5), ("B", 6, 6), ("B", 8, 7),
]  # fmt: skip
A: dict[str, str | None] = {"group": "A"}
REGRESSION: list[Answer] = [
    ("n", A, 3), ("mae", A, 1), ("mae", {"group": "B"}, 0.5), ("mae", {}, 5 / 7),
    ("rmse", A, sqrt(5 / 3)), ("rmse", {}, 1), ("r2", A, 1 - 5 / 2), ("r2", {"group": "B"}, 1 - 2 / 20),
    ("mean_error", A, 1), ("mean_prediction", A, 3), ("mean_label", A, 2), ("max_error", A, 2),
    ("correlation", A, 3 / sqrt(2 * 6)), ("correlation", {"group": "B"}, 16 / sqrt(20 * 14)),
    ("mae_ratio", A, 2), ("mae_ratio", {"group": None}, 0.5), ("mae_difference", {"group": None}, 0.5),
    ("rmse_ratio", A, sqrt(10 / 3)), ("rmse_difference", {"group": None}, sqrt(5 / 3) - sqrt(1 / 2)),
    ("mean_prediction_difference", A, -2), ("mean_prediction_ratio", A, 0.6),
    ("mean_error_difference", A, 1),
    ("correlation_difference", A, 3 / sqrt(12) - 16 / sqrt(280)),
    # Predictions 2 2 2 5 5 6 7: the quantiles are 5, 5.8 and 6.4; labels 1 2 2 3 4 6 8: 3, 5.6 and 6.8.
    ("selected_q50", A, 1 / 3), ("selected_q50", {"group": "B"}, 3 / 4), ("selected_q80", {"group": "B"}, 2 / 4),
    ("selected_q90", {"group": "B"}, 1 / 4), ("label_selected_q50", A, 1 / 3),
    ("label_selected_q80", {"group": "B"}, 2 / 4), ("label_selected_q90", {"group": "B"}, 1 / 4),
    ("disparate_impact_q50", A, 4 / 9), ("disparate_impact_q80", A, 0), ("disparate_impact_q90", A, 0),
    ("statistical_parity_q50", A, 1 / 3 - 3 / 4), ("statistical_parity_q80", A, -1 / 2),
    ("statistical_parity_q90", A, -1 / 4),
    ("label_disparate_impact_q50", A, 4 / 9), ("label_disparate_impact_q80", A, 0),
    ("label_disparate_impact_q90", A, 0),
]  # fmt: skip
