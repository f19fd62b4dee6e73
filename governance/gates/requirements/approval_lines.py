"""The lines of the demand for approvals, in words."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final

from governance.gates import votes
from governance.gates.spec import Dossier, Finding, State, VoteFacts
from registry.stages import Role

_AGAINST: Final = {
    "reject": ("rejected", "rejected exactly this subject", "No rejection"),
    "request_changes": ("changes", "asked for changes to exactly this subject", "No change asked for"),
}


@lru_cache(maxsize=1024)
def counted(role: str, count: int, given: int) -> str:
    """How many of a role's approvals are given."""
    return f"{given} of {count} approvals by {Role(role).one} are given on this subject."


@lru_cache(maxsize=1024)
def of_seat(role: str, count: int, state: State, sentence: str, asked: bool) -> Finding:
    """The line of a role; what clears it depends on whether the question was asked."""
    vote = f"{Role(role).somebody} votes on the approval request."
    ask = vote if asked else f"Ask for approval. {vote}"
    return Finding(
        code=f"approvals.{role}",
        state=state,
        sentence=sentence,
        requirement=f"Approval: {_title(role)} ({count})",
        owner_role=role,
        clears="" if state is State.MET else ask,
    )


@cache
def _title(role: str) -> str:
    return Role(role).label


def label(role: str) -> str:
    """The role within a sentence."""
    return _title(role).lower()


def against(words: Sequence[VoteFacts]) -> list[Finding]:
    """A line for each word against."""
    found = []
    for vote in words:
        if vote.verdict not in _AGAINST:
            continue
        code, did, requirement = _AGAINST[vote.verdict]
        found.append(
            Finding(
                code=f"approvals.{code}.{vote.role}",
                state=State.OPEN,
                sentence=f"{Role(vote.role).somebody} {did}.",
                requirement=requirement,
                owner_role=vote.role,
                clears="Change what the rejection names; or ask again, and the same person approves."
                if vote.verdict == "reject"
                else "Change what was asked for; or ask again, and the same person approves.",
            )
        )
    return found


def lapsed(dossier: Dossier, words: Sequence[VoteFacts]) -> list[Finding]:
    """A lapsed condition closes the gate whether or not the policy asks about conditions."""
    return [
        Finding(
            code=f"approvals.condition.{condition.role}",
            state=State.OPEN,
            sentence=f"A condition of the {label(condition.role)}'s approval was due on"
            f" {condition.due_on} and is not met; the approval does not count.",
            requirement="Conditions of the approvals",
            owner_role=condition.role,
            clears=f"The owner of the condition does what was asked, and {Role(condition.role).one} confirms it.",
        )
        for vote in words
        if vote.verdict == "approve"
        for condition in votes.lapsed(dossier, vote)
    ]
