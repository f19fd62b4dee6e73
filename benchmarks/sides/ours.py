"""The same numbers by the product's own functions: rows counted where they lie, fairlearn on the counts."""

from __future__ import annotations

import json
import resource
import sys
import time

from audits.frames.cells import cells
from audits.frames.mapping import Mapping
from audits.frames.source import open_source
from audits.metrics.fairness import COMPARISONS
from audits.metrics.performance import rates
from audits.metrics.tables import tabulate

CODES = ("accuracy", "selection_rate", "tpr", "fpr")

start = time.perf_counter()
mapping = Mapping("binary", label="label", positive="1", prediction="prediction", sensitive=("sex", "race"))
with open_source(sys.argv[1], mapping) as source:
    counted = cells(source, mapping)
numbers: dict[str, float] = {}
for family in (["sex"], ["race"], ["sex", "race"]):
    table = tabulate(counted, family)
    found = rates(table, CODES)
    for at, members in enumerate(table.groups.members):
        numbers |= {f"{'/'.join(members)} {code}": float(found.by_group[code][at]) for code in CODES}
        numbers[f"{'/'.join(members)} n"] = float(table.sizes[at])
    numbers |= {f"overall {code}": float(found.overall[code]) for code in CODES}
    numbers["overall n"] = float(table.sizes.sum())
    for name, code in (("dp", "demographic_parity_difference"), ("eo", "equalized_odds_difference")):
        comparison = COMPARISONS[code]
        numbers[f"{family} {name}"] = comparison.value(
            [(found.by_group[of], found.overall[of]) for of in comparison.of]
        )
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"in_process": seconds, "peak_mib": peak, "numbers": numbers}))
