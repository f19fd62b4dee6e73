"""Demands on what people said: approvals and their conditions, what is known to be wrong, reviews."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from assay_client.decide import people, subject, votes
from assay_client.decide.facts import Fact
from assay_client.decide.lines import MET, OPEN, STALE, Line
from assay_client.decide.policy import DEPLOYED
from assay_client.decide.votes import Seat

Params = Mapping[str, Any]
SEVERITIES = ("low", "medium", "high", "critical")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_ROLES = {"reviewer": "risk reviewer", "approver": "business approver", "ci": "CI"}
_AGAINST = {"reject": "rejected", "request_changes": "changes"}


def approvals(dossier: Fact, params: Params) -> Iterator[Line]:
    """So many in each role, in turn, on exactly this, none of them judging their own work."""
    asked, days, exclude = votes.seats(params["of"]), params.get("within_days"), params["exclude"]
    standing = votes.standing(dossier, asked)
    for vote in standing:
        if vote.verdict in _AGAINST:
            yield Line(f"approvals.{_AGAINST[vote.verdict]}.{vote.role}", OPEN)
    for vote in standing:
        if vote.verdict == "approve":
            for one in votes.conditions(dossier, vote):
                if votes.lapsed(one, dossier.now):
                    yield Line(f"approvals.condition.{one.role}", OPEN)
    found = votes.given(dossier, asked, exclude, days)
    if not _staffed(dossier, asked, exclude, found):
        yield Line("approvals.staffing", OPEN)
    counting = votes.in_turn(asked, found)
    for seat in asked:
        if counting[seat.role] >= seat.count:
            yield Line(f"approvals.{seat.role}", MET)
        else:
            waits = any(one.order < seat.order and len(found[one.role]) < one.count for one in asked)
            stale = not waits and _stale(dossier, seat, days)
            yield Line(f"approvals.{seat.role}", STALE if stale else OPEN)


def _staffed(
    dossier: Fact, asked: Sequence[Seat], exclude: Sequence[str], found: Mapping[str, list[Fact]]
) -> bool:
    counting = [vote for row in found.values() for vote in row]
    cast = {vote.principal: "" for vote in counting if vote.principal}
    cast.update({vote.voter: vote.role for vote in counting})
    barred = people.excluded(dossier, exclude)
    return people.enough(dossier.holders, {seat.role: seat.count for seat in asked}, barred, cast)


def _stale(dossier: Fact, seat: Seat, days: int | None) -> bool:
    """Whether there is an approval in this seat that counted once and does not any more."""
    now = subject.now(dossier)
    return any(
        votes.request_of(dossier, vote) is not None
        and (
            votes.stale(dossier, vote, seat.signs, now)
            or not votes.fresh(vote.voted_at, days, dossier.now)
            or not vote.entitled
            or any(votes.lapsed(one, dossier.now) for one in votes.conditions(dossier, vote))
        )
        for vote in votes.own_step(dossier)
        if vote.role == seat.role and vote.verdict == "approve" and not vote.withdrawn
    )


def conditions(dossier: Fact, params: Params) -> Iterator[Line]:
    """No condition has lapsed; or, where that is asked, none is open."""
    binding, clear = votes.binding(dossier), True
    for one in binding:
        late = votes.lapsed(one, dossier.now)
        if late or (params["none"] == "open" and one.met_at is None):
            clear = False
            role = _ROLES.get(one.role, one.role.replace("_", " "))
            due = (one.due_at - timedelta(microseconds=1)).astimezone(timezone.utc)
            words = f"A condition of the {role}'s approval {'was' if late else 'is'} due on {due:%Y-%m-%d}"
            yield Line(f"conditions.{one.id}", STALE if late else OPEN, f"{words} and is not met.")
    if clear:
        pending = sum(one.met_at is None for one in binding)
        words = f"{pending} of {len(binding)} conditions are open, none has lapsed."
        yield Line("conditions", MET, words if pending else "No condition is open.")


def issues(dossier: Fact, params: Params) -> Iterator[Line]:
    """Nothing as grave as this, or graver, is known and open."""
    kinds, bar = params.get("kinds", ["finding", "incident"]), _rank(params["below"])
    mine = [one for one in dossier.issues if one.kind in kinds]
    grave = sorted(
        (one for one in mine if _rank(one.severity) >= bar), key=lambda one: (-_rank(one.severity), one.id)
    )
    for one in grave:
        late = ", overdue" if _late(one, dossier.now) else ""
        owned = "" if one.owner else " Nobody owns its fix yet."
        words = f"An open {one.kind} of {one.severity} severity{late}: “{one.title}”.{owned}"
        yield Line(f"issues.{one.id}", OPEN, words)
    if not grave:
        yield Line("issues", MET)


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _late(issue: Fact, now: datetime) -> bool:
    return issue.overdue_from is not None and bool(issue.overdue_from <= now)


def review(dossier: Fact, params: Params) -> Iterator[Line]:
    """What is in production was reviewed in time."""
    if dossier.version is None or dossier.version.stage not in DEPLOYED:
        yield Line("review", MET)
        return
    due = []
    if dossier.review is not None:
        due = [dossier.review.since + timedelta(days=params["every_days"])]
        due += [dossier.review.due_at] if dossier.review.due_at is not None else []
    if not due:
        yield Line("review", OPEN, "It is in production, and no date of review is recorded.")
    elif dossier.now >= min(due):
        day = min(due)
        told = f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
        yield Line("review", STALE, f"The periodic review was due on {told} and is not completed.")
    else:
        yield Line("review", MET)
