"""Break-glass: what an emergency release of two people passes over for some hours, and the review it owes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from assay_client.decide import waivers
from assay_client.decide.facts import Fact
from assay_client.decide.lines import MET, OPEN, WAIVED, Line

MARK = "break_glass:"
NEVER_OVER = ("tier.", "policy.", "environment.", "break_glass.review_overdue")


def reviews(dossier: Fact) -> list[Line]:
    """Whether earlier emergencies were reviewed in time: asked at every rollout."""
    into = dossier.step is not None and dossier.step.to_stage == "production"
    if dossier.version is None or not (into or dossier.environment):
        return []
    owed = [one for one in dossier.break_glass if one.reviewed_at is None]
    late = sum(one.review_due_at <= dossier.now for one in owed)
    overdue = [Line("break_glass.review_overdue", OPEN)] * late
    return overdue + [Line("break_glass.review", MET)] * (len(owed) - late)


def applied(
    dossier: Fact, rules: Mapping[str, Any] | None, lines: Sequence[Line]
) -> tuple[list[Line], list[str]]:
    """The lines with what is passed over marked so, and the release that did it."""
    one = _running(dossier, rules)
    if one is None or _beyond(dossier, lines):
        return list(lines), []
    passed = [line._replace(state=WAIVED) if line.blocks else line for line in lines]
    return [Line("break_glass.running", WAIVED), *passed], [f"{MARK}{one.id}"]


def _running(dossier: Fact, rules: Mapping[str, Any] | None) -> Fact | None:
    if rules is None or dossier.version is None or not dossier.environment:
        return None
    found = [
        one
        for one in dossier.break_glass
        if (one.model_version, one.environment) == (dossier.version.id, dossier.environment)
        and one.starts <= dossier.now < one.ends
        and one.ends - one.starts <= timedelta(hours=rules["max_hours"])
        and one.requester != one.confirmer
    ]
    return max(found, key=lambda one: (one.ends, one.id), default=None)


def _beyond(dossier: Fact, lines: Sequence[Line]) -> bool:
    """Whether something blocks that no emergency stands over: a prohibition, tampering, a review that is owed."""
    last = dossier.log.verification
    return (
        any(line.blocks and line.code.startswith(NEVER_OVER) for line in lines)
        or waivers.tampered(dossier)
        or (last is not None and not last.holds)
        or any(
            one.state == "in_force"
            and (not one.intact or (one.worse_from is not None and one.worse_from <= dossier.now))
            for one in dossier.classifications
        )
    )
