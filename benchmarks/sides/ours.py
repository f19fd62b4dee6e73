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
FAMILIES: list[tuple[str, ...]] = [(), ("sex",), ("race",), ("sex", "race")]

start = time.perf_counter()
mapping = Mapping("binary", label="label", positive="1", prediction="prediction", sensitive=("sex", "race"))
with open_source(sys.argv[1], mapping) as source:
    counted = cells(source, mapping)
tables = [tabulate(counted, family) for family in FAMILIES]
numbers: dict[str, float] = {}
for family, table, found in zip(FAMILIES, tables, rates(tables, CODES), strict=True):
    for at, members in enumerate(table.groups.members):
        name = "/".join(members) or "overall"
        numbers |= {f"{name} {code}": float(found.by_group[code][at]) for code in CODES}
        numbers[f"{name} n"] = float(table.sizes[at])
    for name, code in (("dp", "demographic_parity_difference"), ("eo", "equalized_odds_difference")):
        if family:
            parts = [(found.by_group[of], found.overall[of]) for of in COMPARISONS[code].of]
            numbers[f"{list(family)} {name}"] = COMPARISONS[code].value(parts)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"in_process": seconds, "peak_mib": peak, "numbers": numbers}))
