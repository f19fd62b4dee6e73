"""Which votes are about the facts as they are, by people who may, in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from assay_client.decide import people, subject
from assay_client.decide.canonical import digest_of
from assay_client.decide.facts import Fact


@dataclass(frozen=True)
class Seat:
    """So many votes in a role, in their turn, on these fields of the subject."""

    role: str
    count: int
    order: int
    signs: frozenset[str]


def seats(rows: Sequence[Mapping[str, Any]]) -> list[Seat]:
    """The seats a policy wrote, in their turn; of one role they add up."""
    found: dict[str, Seat] = {}
    for row in rows:
        role, before = row["role"], found.get(row["role"])
        signs = subject.ALWAYS | set(row["signs"]) if row.get("signs") else subject.FIELDS
        count = row.get("count", 1) + (before.count if before else 0)
        found[role] = Seat(role, count, row.get("order", 1), frozenset(signs))
    return sorted(found.values(), key=lambda seat: seat.order)


def fresh(at: datetime, days: int | None, now: datetime) -> bool:
    """Whether something of that age still counts."""
    return days is None or now < at + timedelta(days=days)


def own_step(dossier: Fact) -> list[Fact]:
    """The votes on this step, oldest first."""
    to_stage = dossier.step.to_stage if dossier.step else None
    mine = [vote for vote in dossier.votes if vote.to_stage == to_stage]
    return sorted(mine, key=lambda vote: (vote.voted_at, vote.voter))


def request_of(dossier: Fact, vote: Fact) -> Fact | None:
    """The question that a vote answers; of two with one number the last."""
    found = [one for one in dossier.requests if one.id == vote.request]
    return found[-1] if found else None


def stale(dossier: Fact, vote: Fact, signs: frozenset[str], now: Mapping[str, Any]) -> bool:
    """Whether something the vote signed has changed since, or it was not given on the question that is kept."""
    request = request_of(dossier, vote)
    if request is None or digest_of(request.subject.raw) != vote.subject_digest:
        return bool(vote.verdict == "approve" or vote.subject_digest != subject.digest(dossier))
    return subject.changed(request.subject.raw, now, signs)


def standing(dossier: Fact, asked: Sequence[Seat]) -> list[Fact]:
    """The last word of each person that is still about the facts as they are."""
    signs = {seat.role: seat.signs for seat in asked}
    void, now = _void(dossier), subject.now(dossier)
    last: dict[str, Fact] = {}
    for vote in own_step(dossier):
        if stale(dossier, vote, signs.get(vote.role, subject.FIELDS), now):
            continue
        if vote.withdrawn:
            if vote.voter in last and last[vote.voter].verdict == "approve":
                del last[vote.voter]
        elif vote.verdict != "approve" or vote.request not in void:
            last[vote.voter] = vote
    return list(last.values())


def _void(dossier: Fact) -> set[str]:
    """Questions whose approvals are worth nothing: taken back, or used up with all that came before."""
    step = subject.step_of(dossier) if dossier.step else None
    mine = [one for one in dossier.requests if one.subject.step == step]
    void = {one.id for one in mine if one.state == "withdrawn"}
    stage = dossier.version.stage if dossier.version else dossier.system.stage
    used = [one.requested_at for one in mine if one.state == "used"]
    if dossier.step and stage == dossier.step.from_stage and used:
        void |= {one.id for one in mine if one.requested_at <= max(used)}
    return void


def given(
    dossier: Fact, asked: Sequence[Seat], exclude: Sequence[str], days: int | None
) -> dict[str, list[Fact]]:
    """The approvals in each role, whether or not it is its turn."""
    barred = people.excluded(dossier, exclude)
    able = [
        vote
        for vote in standing(dossier, asked)
        if vote.entitled and vote.voter not in barred and vote.principal not in barred
    ]
    found: dict[str, list[Fact]] = {seat.role: [] for seat in asked}
    for vote in _one_voice_each(able):
        counts = vote.verdict == "approve" and not any(
            lapsed(one, dossier.now) for one in conditions(dossier, vote)
        )
        if counts and vote.role in found and fresh(vote.voted_at, days, dossier.now):
            found[vote.role].append(vote)
    return found


def _one_voice_each(votes: Sequence[Fact]) -> list[Fact]:
    """Who speaks for themselves is not also spoken for, and nobody by two."""
    own = {vote.voter for vote in votes if not vote.principal}
    spokesman = {vote.principal: vote for vote in votes if vote.principal and vote.principal not in own}
    return [vote for vote in votes if not vote.principal or spokesman.get(vote.principal) is vote]


def conditions(dossier: Fact, vote: Fact) -> list[Fact]:
    """What a vote was given on condition of."""
    return [one for one in dossier.conditions if (one.request, one.voter) == (vote.request, vote.voter)]


def lapsed(condition: Fact, now: datetime) -> bool:
    """Whether a condition's time is over and it is not met."""
    return condition.met_at is None and bool(condition.due_at <= now)


def binding(dossier: Fact) -> list[Fact]:
    """The conditions that bind: of steps that were taken, and of each person's last word on one that was not."""
    used = {one.id for one in dossier.requests if one.state == "used"}
    last: dict[tuple[str, str], Fact] = {}
    for vote in sorted(dossier.votes, key=lambda vote: (vote.voted_at, vote.request)):
        last[vote.to_stage, vote.voter] = vote
    words = {(vote.request, vote.voter) for vote in last.values() if not vote.withdrawn}
    return [one for one in dossier.conditions if one.request in used or (one.request, one.voter) in words]


def in_turn(asked: Sequence[Seat], found: Mapping[str, Sequence[Fact]]) -> dict[str, int]:
    """How many approvals of each role count: a later seat's only while every earlier one is filled."""
    owing = [seat.order for seat in asked if len(found[seat.role]) < seat.count]
    turn = min(owing, default=None)
    return {seat.role: len(found[seat.role]) if turn is None or seat.order <= turn else 0 for seat in asked}
