"""fairlearn as its user guide has it: one MetricFrame on the rows for each family of groups."""

from __future__ import annotations

import json
import resource
import sys
import time

import pandas as pd
from fairlearn.metrics import MetricFrame, count, false_positive_rate, selection_rate, true_positive_rate
from sklearn.metrics import accuracy_score

METRICS = {
    "accuracy": accuracy_score,
    "selection_rate": selection_rate,
    "tpr": true_positive_rate,
    "fpr": false_positive_rate,
    "n": count,
}

start = time.perf_counter()
rows = pd.read_parquet(sys.argv[1])
numbers: dict[str, float] = {}
for family in (["sex"], ["race"], ["sex", "race"]):
    frame = MetricFrame(
        metrics=METRICS, y_true=rows["label"], y_pred=rows["prediction"], sensitive_features=rows[family]
    )
    for groups, values in frame.by_group.iterrows():
        name = groups if isinstance(groups, str) else "/".join(groups)
        numbers |= {f"{name} {code}": float(value) for code, value in values.items()}
    numbers |= {f"overall {code}": float(value) for code, value in frame.overall.items()}
    apart = frame.difference()
    numbers[f"{family} dp"] = float(apart["selection_rate"])
    numbers[f"{family} eo"] = float(max(apart["tpr"], apart["fpr"]))
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"in_process": seconds, "peak_mib": peak, "numbers": numbers}))
