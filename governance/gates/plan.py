"""The shortest list of actions that opens a closed gate, in an order in which no action undoes an earlier one."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from governance.gates.requirements.base import Place
from governance.gates.spec import Finding
from registry.stages import Role


class Line(NamedTuple):
    """A finding with what the plan needs to know of it."""

    place: Place
    finding: Finding
    disturbs: bool = False  # clearing it changes what votes are about


Row = tuple[Place, Finding, bool]  # the same before it has a code of its own


def numbered(lines: Iterable[Row]) -> list[Line]:
    """The same lines, each with a code of its own: the second `checks.x` becomes `checks.x#2`."""
    seen: dict[str, int] = {}
    found = []
    for row in lines:
        place, finding, disturbs = row
        code = finding.code
        times = seen[code] = seen.get(code, 0) + 1
        if times > 1:
            row = place, finding.coded(f"{code}#{times}"), disturbs
        found.append(Line._make(row))
    return found


def shortest(lines: Sequence[Line]) -> tuple[str, ...]:
    """What is to be done, each action once, earlier ones first.

    What is waived needs nothing, and to ask for a waiver is never part of the way: it is a finding's `alternative`.
    Clearing some findings makes votes and reports that are in order today speak of yesterday; doing those again
    is part of the way.
    """
    unmet = [line for line in lines if line.finding.blocks and line.finding.clears]
    # What clears a finding may be several actions, one to a line; findings that share one are cleared by it together.
    todo = [(line.place, action) for line in unmet for action in line.finding.clears.splitlines()]
    if any(line.disturbs for line in unmet):
        todo += [
            (Place.APPROVALS, _vote_again(line))
            for line in lines
            if line.finding.code.startswith("approvals.") and line.finding.met
        ]
    if any(line.place < Place.REPORT for line in unmet):
        todo += [
            (Place.REPORT, "Generate the report again.")
            for line in lines
            if line.place is Place.REPORT and line.finding.met
        ]
    return tuple(dict.fromkeys(action for _, action in sorted(todo, key=lambda item: item[0])))


def _vote_again(line: Line) -> str:
    return f"Ask for approval again. {Role(line.finding.owner_role).somebody} votes on what changed."
