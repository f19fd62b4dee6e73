"""The client's own coding of the decision, held against what the server stored."""

import json
from typing import Any

from assay_client.decide import decision, lines
from assay_client.decide.errors import NotSupported


def difference(dossier: str, policy: str, outcome: str) -> str:
    """Where the client comes to something else than the stored outcome; empty when nowhere."""
    told: dict[str, Any] = json.loads(outcome)
    try:
        found = decision.judged(decision.read(dossier.encode()), policy.encode() if policy else None)
    except NotSupported as error:
        known = {finding["code"] for finding in told["findings"]}
        # A text that the server could not read either denies; the client accepts nothing.
        return "" if known == {"policy.unreadable"} else f"not supported: {error}"
    stands = [(one["code"], one["state"]) for one in told["findings"]]
    mine = [(line.code, line.state) for line in found.lines]
    if stands != mine:
        return f"{[pair for pair in stands if pair not in mine]} became {[pair for pair in mine if pair not in stands]}"
    said = {one["code"]: one["sentence"] for one in told["findings"]}
    for line in found.lines:
        if line.words and line.state != lines.WAIVED and line.words != said[line.code]:
            return f"{said[line.code]!r} became {line.words!r}"
    same = {
        "verdict": found.verdict,
        "subject_digest": found.subject_digest,
        "transition": found.transition,
        "waivers": list(found.waivers),
    }
    return "".join(
        f"{name}: {told[name]} became {value}. " for name, value in same.items() if told[name] != value
    )
