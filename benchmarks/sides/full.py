"""A whole audit of the same file: everything that is measured, with intervals and checks."""

from __future__ import annotations

import json
import resource
import sys
import time

from audits.engine.audit import audit

start = time.perf_counter()
outcome = audit(
    sys.argv[1],
    {
        "task": "binary",
        "label": "label",
        "positive": "1",
        "prediction": "prediction",
        "sensitive": ["sex", "race"],
    },
)
seconds = time.perf_counter() - start
assert outcome.refused is None, outcome.refused
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"in_process": seconds, "peak_mib": peak, "measurements": len(outcome.measurements)}))
