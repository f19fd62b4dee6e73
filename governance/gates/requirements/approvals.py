"""The demand that different people, each in their role and turn, have approved exactly this."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Final, Self

from governance.gates import lineage, staffing, subject, votes
from governance.gates.memory import once
from governance.gates.requirements import approval_lines
from governance.gates.requirements.base import DAYS, Place, Requirement, earliest, fresh, schema, words
from governance.gates.spec import Dossier, Finding, State, VoteFacts
from governance.gates.votes import Seat
from registry.access.table import ROLE_PERMISSIONS
from registry.stages import Role

VOTING_ROLES: Final = tuple(role.value for role in Role if "vote" in ROLE_PERMISSIONS[role])
SIGNABLE: Final = tuple(sorted(subject.EVERYTHING - {"schema"}))
_SMALL: Final = {"type": "integer", "minimum": 1, "maximum": 20}
_SEATS: Final = {
    "type": "array",
    "minItems": 1,
    "maxItems": len(VOTING_ROLES),
    "items": schema(
        {"role": {"enum": list(VOTING_ROLES)}, "count": _SMALL, "order": _SMALL, "signs": words(SIGNABLE)},
        "role",
    ),
}
Given = Mapping[str, list[VoteFacts]]  # the approvals in each role


@dataclass(frozen=True)
class Approvals(Requirement):
    """So many votes in each role, by different people, none of them judging their own work."""

    seats: tuple[Seat, ...]
    exclude: tuple[str, ...] = ()
    within_days: int | None = None
    request_days: int | None = None

    name: ClassVar[str] = "approvals"
    params: ClassVar[Mapping[str, Any]] = schema(
        {
            "of": _SEATS,
            "exclude": words(lineage.ROLES_IN_LINEAGE),
            "within_days": DAYS,
            "request_days": DAYS,
        },
        "of",
        "exclude",
    )
    place: ClassVar[Place] = Place.APPROVALS
    of_systems: ClassVar[bool] = True

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote; seats of one role given twice add up, and seats stand in their order."""
        seats: dict[str, Seat] = {}
        for row in params["of"]:
            before = seats[row["role"]].count if row["role"] in seats else 0
            signs = tuple(sorted(row.get("signs", ())))
            seats[row["role"]] = Seat(row["role"], before + row.get("count", 1), row.get("order", 1), signs)
        ordered = tuple(sorted(seats.values(), key=lambda seat: seat.order))
        return cls(
            _shared(ordered), tuple(params["exclude"]), params.get("within_days"), params.get("request_days")
        )

    @classmethod
    def mistakes(cls, params: Mapping[str, Any]) -> Iterator[tuple[list[str | int], str]]:
        """A role has one turn and one list of what it signs, so that each vote has one meaning."""
        first: dict[str, Mapping[str, Any]] = {}
        for number, row in enumerate(params["of"]):
            known = first.setdefault(row["role"], row)
            for key in ("order", "signs"):
                if row.get(key) != known.get(key):
                    yield (
                        ["of", number],
                        f"The role {row['role']!r} has a seat with another {key!r}. Give it one.",
                    )

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """A line for each word against, each lapsed condition, each role, and one when nobody could lawfully vote."""
        asked = votes.open_request(dossier, self.request_days) is not None
        return _lines(dossier, self._on(dossier), asked)

    def _on(self, dossier: Dossier) -> "Approvals":
        """The same demand without ages where no vote is too old: what differs in ages alone is then one demand."""
        return self._ageless if fresh(votes.oldest(dossier), self.within_days, dossier.now) else self

    @cached_property
    def _ageless(self) -> "Approvals":
        return _one_of_each(Approvals(self.seats, self.exclude))

    def lines(self, dossier: Dossier, asked: bool) -> tuple[Finding, ...]:
        """The lines, for a subject that is open for votes or not."""
        words = votes.standing(dossier, self.seats)
        given = self._given(dossier)
        counting = votes.in_turn(self.seats, given)
        lines = [self._of_seat(dossier, seat, given, len(counting[seat.role]), asked) for seat in self.seats]
        return (
            *approval_lines.against(words),
            *approval_lines.lapsed(dossier, words),
            *self._staffing(dossier, given),
            *lines,
        )

    def given(self, dossier: Dossier, role: str) -> list[VoteFacts]:
        """The approvals in a role that count: on what it signs as it is now, by someone who may, in turn."""
        return votes.in_turn(self.seats, self._given(dossier)).get(role, [])

    def _given(self, dossier: Dossier) -> Given:
        """The approvals in each role, whether or not it is its turn."""
        return _given(dossier, self.seats, self.exclude, self.within_days)

    def missing(self, dossier: Dossier) -> dict[str, int]:
        """How many votes each role still owes; roles that owe none are not named."""
        counting = votes.in_turn(self.seats, self._given(dossier))
        owed = {seat.role: seat.count - len(counting[seat.role]) for seat in self.seats}
        return {role: count for role, count in owed.items() if count > 0}

    def waits_for(self, dossier: Dossier, role: str) -> tuple[str, ...]:
        """The roles whose votes have to be given before it is this role's turn."""
        return self._earlier(role, self._given(dossier))

    def _earlier(self, role: str, given: Given) -> tuple[str, ...]:
        turn = next((seat.order for seat in self.seats if seat.role == role), 0)
        return tuple(
            seat.role for seat in self.seats if seat.order < turn and len(given[seat.role]) < seat.count
        )

    def _of_seat(self, dossier: Dossier, seat: Seat, all_given: Given, given: int, asked: bool) -> Finding:
        role, count = seat.role, seat.count
        state, sentence = State.MET, approval_lines.counted(role, count, given)
        if given < count:
            state, sentence = self._why_missing(dossier, seat, sentence, all_given)
        return approval_lines.of_seat(role, count, state, sentence, asked)

    def _why_missing(self, dossier: Dossier, seat: Seat, sentence: str, given: Given) -> tuple[State, str]:
        if waiting := self._earlier(seat.role, given):
            earlier = " and ".join(approval_lines.label(role) for role in waiting)
            return State.OPEN, f"{sentence} First it is the turn of the {earlier}."
        for vote in reversed(votes.own_step(dossier)):
            if vote.role != seat.role or vote.verdict != "approve" or vote.withdrawn:
                continue
            if (request := votes.request_of(dossier, vote)) is None:
                continue
            if votes.stale_fields(dossier, vote, seat.fields):
                changed = subject.changed_words(request.subject, subject.now(dossier), seat.fields)
                what = changed or "what it was about"
                return State.STALE, f"{sentence} A vote was signed before a change of {what}."
            if not fresh(vote.voted_at, self.within_days, dossier.now):
                return State.STALE, f"{sentence} A vote is older than {self.within_days} days."
            if not vote.entitled:
                whose = "The person it was given for" if vote.principal else "The person who voted"
                return State.STALE, f"{sentence} {whose} no longer holds the role."
            if votes.lapsed(dossier, vote):
                return State.STALE, f"{sentence} A vote was given on a condition that has lapsed."
        return State.OPEN, sentence

    def _staffing(self, dossier: Dossier, given: Given) -> list[Finding]:
        counting = tuple((vote.voter, vote.principal, vote.role) for row in given.values() for vote in row)
        short = _unfillable(dossier, self.seats, self.exclude, counting)
        if not short:
            return []
        labels = " and ".join(approval_lines.label(role) for role in short)
        made = "version" if dossier.version else "system"
        return [
            Finding(
                code="approvals.staffing",
                state=State.OPEN,
                sentence=f"There are not enough people who could lawfully vote as {labels}.",
                requirement="Enough independent people",
                owner_role=Role.OWNER.value,
                clears=f"Give the role of {labels} to someone who took no part in this {made}.",
            )
        ]

    def holds_until(self, dossier: Dossier) -> datetime | None:
        """When the first vote that counts grows too old, or the first condition of any vote falls due."""
        first, due = _ends(dossier, self._on(dossier))
        old = first + timedelta(days=self.within_days) if first and self.within_days is not None else None
        return earliest([end for end in (old, due) if end is not None])

    def ends(self, dossier: Dossier) -> tuple[datetime | None, datetime | None]:
        """When the first vote that counts was cast, and when the first condition of any vote falls due."""
        counting = [vote.voted_at for row in self._given(dossier).values() for vote in row]
        due = [
            condition.due_at
            for vote in votes.standing(dossier, self.seats)
            for condition in votes.conditions_of(dossier, vote)
            if condition.met_at is None and not condition.lapsed(dossier.now)
        ]
        return earliest(counting), earliest(due)


@lru_cache(maxsize=256)
def _shared(seats: tuple[Seat, ...]) -> tuple[Seat, ...]:
    """The same seats are one object in every demand, so that what is known of them is found at once."""
    return seats


@lru_cache(maxsize=256)
def _one_of_each(demand: Approvals) -> Approvals:
    """Equal demands as one object, for the same reason."""
    return demand


@once
def _lines(dossier: Dossier, demand: Approvals, asked: bool) -> tuple[Finding, ...]:
    return demand.lines(dossier, asked)


@once
def _ends(dossier: Dossier, demand: Approvals) -> tuple[datetime | None, datetime | None]:
    return demand.ends(dossier)


@once
def _given(dossier: Dossier, seats: tuple[Seat, ...], exclude: tuple[str, ...], days: int | None) -> Given:
    given: dict[str, list[VoteFacts]] = {seat.role: [] for seat in seats}
    for vote in _approving(dossier, seats, exclude):
        if vote.role in given and fresh(vote.voted_at, days, dossier.now):
            given[vote.role].append(vote)
    return given


@once
def _approving(dossier: Dossier, seats: tuple[Seat, ...], exclude: tuple[str, ...]) -> tuple[VoteFacts, ...]:
    """The approvals of those who may vote, one for each authority, on no condition that has lapsed."""
    excluded = lineage.excluded(dossier, exclude)
    able = [
        vote
        for vote in votes.standing(dossier, seats)
        if vote.entitled and vote.voter not in excluded and vote.principal not in excluded
    ]
    return tuple(
        vote
        for vote in votes.one_voice_each(able)
        if vote.verdict == "approve" and not votes.lapsed(dossier, vote)
    )


@once
def _unfillable(
    dossier: Dossier,
    seats: tuple[Seat, ...],
    exclude: tuple[str, ...],
    counting: tuple[tuple[str, str, str], ...],  # voter, principal and role of each vote
) -> tuple[str, ...]:
    cast = {principal: staffing.SPENT for _, principal, _ in counting if principal}
    cast |= {voter: role for voter, _, role in counting}
    return staffing.unfillable(dossier.holders, seats, lineage.excluded(dossier, exclude), cast)
