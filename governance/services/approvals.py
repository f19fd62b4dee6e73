"""Approvals: a question about exactly one decision subject, and the word of each person on it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from governance.gates import codec, subject
from governance.gates.spec import Subject
from governance.models import ApprovalRequest, Delegation, RequestState, Vote, VoteVerdict
from governance.services import ballots, conditions, questions
from governance.services.ballots import Ballot, Question, Way, ballot
from governance.services.conditions import Term
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid
from registry.ledger import record
from registry.models import ModelVersion, System
from registry.stages import Role

__all__ = ["Ballot", "Term", "ballot", "request", "request_system", "vote", "withdraw", "withdraw_vote"]

MAX_COMMENT: Final = 5000
_CLOSES: Final = {
    VoteVerdict.REJECT: RequestState.REJECTED,
    VoteVerdict.REQUEST_CHANGES: RequestState.CHANGES,
}


def request(*, actor: Actor, version: ModelVersion, to: str) -> ApprovalRequest:
    """Put the question as the facts are now. The same question again is the one that is open already."""
    with record.transaction():
        return _ask(actor, ModelVersion.objects.locked().get(pk=version.pk), to)


def request_system(*, actor: Actor, system: System, to: str) -> ApprovalRequest:
    """Put the question about a step of a system itself."""
    with record.transaction():
        return _ask(actor, System.objects.locked().get(pk=system.pk), to)


def _ask(actor: Actor, about: ModelVersion | System, to: str) -> ApprovalRequest:
    before = questions.of_step(about, to).locked().filter(state=RequestState.OPEN).first()
    record.hold(questions.system_of(about).organisation_id)
    # Asked with the log held: a role may have been taken away while this waited for it.
    check.require(actor, "request_approval", about)
    gathered = questions.gather(about).about(questions.step_to(about, to))
    demands, now = questions.demands(gathered), gathered.dossier.now
    asked = subject.now(gathered.dossier)
    digest = codec.digest(asked)
    if before is not None and questions.expired(before, demands, now):
        questions.close(before, RequestState.EXPIRED, now)
        questions.record_about("approval.expired", actor, before)
        before = None
    if before is not None and before.subject_digest == digest:
        return before
    return _replace(actor, about, to, before, asked, now)


def _replace(
    actor: Actor,
    about: ModelVersion | System,
    to: str,
    before: ApprovalRequest | None,
    asked: Subject,
    now: datetime,
) -> ApprovalRequest:
    if before is not None:
        questions.close(before, RequestState.REPLACED, now)
    created = ApprovalRequest.objects.create(
        system=questions.system_of(about),
        model_version=about if isinstance(about, ModelVersion) else None,
        to_stage=to,
        subject=codec.canonical(asked).decode(),
        subject_digest=codec.digest(asked),
        requested_by=actor.user,
        requested_at=now,
    )
    if before is not None:
        questions.record_about("approval.replaced", actor, before, by_request_id=str(created.pk))
    questions.record_about(
        "approval.requested",
        actor,
        created,
        model_version_id=str(about.pk) if isinstance(about, ModelVersion) else None,
        to=to,
        subject_digest=created.subject_digest,
        policy_digest=asked.policy,
    )
    return created


def vote(
    *,
    actor: Actor,
    request: ApprovalRequest,
    verdict: VoteVerdict,
    subject_digest: str,
    comment: str = "",
    role: Role | None = None,
    delegation: Delegation | None = None,
    terms: Sequence[Term] = (),
) -> Vote:
    """One person's word on the digest they have read. Nobody judges their own work, whatever they may otherwise do.

    Every refusal stands in the log: it is raised after the attempt is committed.
    """
    _said(verdict, comment, terms)
    with record.transaction():
        locked = _locked(request)
        try:
            gathered = questions.facts_of(locked)
            question = ballots.checked(actor, locked, gathered, subject_digest)
            way = ballots.chosen(actor, question, role, delegation)
        except (Denied, Conflict) as error:
            refusal = error
        else:
            conditions.readable(terms, locked.system, gathered.dossier.now)
            return _cast(actor, question, way, verdict, comment.strip(), terms)
        _record_refusal(actor, locked, refusal, subject_digest)
    refusal.recorded = True
    raise refusal


def _said(verdict: VoteVerdict, comment: str, terms: Sequence[Term]) -> None:
    if len(comment) > MAX_COMMENT:
        raise Invalid(f"A comment has at most {MAX_COMMENT} characters.", errors=[("comment", "too long")])
    if verdict == VoteVerdict.REJECT and not comment.strip():
        raise Invalid("Say why you reject, so that it can be put right.", errors=[("comment", "required")])
    if verdict == VoteVerdict.REQUEST_CHANGES and not comment.strip():
        raise Invalid("Say what has to change.", errors=[("comment", "required")])
    if terms and verdict != VoteVerdict.APPROVE:
        raise Invalid("Only an approval is given on conditions.", errors=[("conditions", "not an approval")])


def _locked(request: ApprovalRequest) -> ApprovalRequest:
    locked = ApprovalRequest.objects.locked().get(pk=request.pk)
    record.hold(locked.system.organisation_id)
    return locked


def _record_refusal(
    actor: Actor, request: ApprovalRequest, refusal: Denied | Conflict, subject_digest: str
) -> None:
    if isinstance(refusal, ballots.Excluded):
        questions.record_about(
            "approval.refused", actor, request, why=refusal.why, subject_digest=subject_digest
        )
    else:
        questions.record_about(
            "approval.vote_refused", actor, request, refusal=refusal.code, subject_digest=subject_digest
        )


def _cast(
    actor: Actor, question: Question, way: Way, verdict: VoteVerdict, comment: str, terms: Sequence[Term]
) -> Vote:
    asked, now = question.request, question.gathered.dossier.now
    created = Vote.objects.create(
        request=asked,
        voter=actor.user,
        role=way.role,
        delegation=way.delegation,
        verdict=verdict,
        comment=comment,
        subject_digest=asked.subject_digest,
        voted_at=now,
    )
    kept = conditions.keep(created, terms)
    if verdict in _CLOSES:
        questions.close(asked, _CLOSES[verdict], now)
    questions.record_about(
        "approval.voted",
        actor,
        asked,
        vote_id=str(created.pk),
        role=str(way.role),
        verdict=str(verdict),
        subject_digest=asked.subject_digest,
        delegation_id=str(way.delegation.pk) if way.delegation else None,
        conditions=[str(condition.pk) for condition in kept],
        comment=comment,
        terms="\n".join(f"{term.due_on}: {term.text.strip()}" for term in terms),
    )
    return created


def withdraw(*, actor: Actor, request: ApprovalRequest, reason: str) -> ApprovalRequest:
    """Take the question back; approvals given on it no longer count."""
    if not reason.strip():
        raise Invalid("Say why you withdraw it.", errors=[("reason", "required")])
    with record.transaction():
        locked = _locked(request)
        check.require(actor, "request_approval", locked)
        if locked.state != RequestState.OPEN:
            raise Conflict(
                f"This request is {locked.get_state_display().lower()} already.", code="approval.closed"
            )
        now = record.hold(locked.system.organisation_id).now
        questions.close(locked, RequestState.WITHDRAWN, now)
        questions.record_about("approval.withdrawn", actor, locked, reason=reason)
    return locked


def withdraw_vote(*, actor: Actor, vote: Vote, reason: str) -> Vote:
    """Take one's word back before the step is taken; it never brings an earlier approval back."""
    if not reason.strip():
        raise Invalid("Say why you take your vote back.", errors=[("reason", "required")])
    with record.transaction():
        locked = _locked(vote.request)
        check.require(actor, "view", vote)
        check.require_scope(actor, "vote", vote)
        mine = Vote.objects.get(pk=vote.pk)
        _own(actor, mine)
        if mine.withdrawn_at is not None:
            raise Conflict("This vote is taken back already.", code="vote.withdrawn")
        taken = questions.of_step(locked.about, locked.to_stage).filter(
            state=RequestState.USED, closed_at__gte=mine.voted_at
        )
        if taken.exists():
            raise Conflict(
                "The step this vote was for has been taken. Suspend what should not go on.", code="vote.used"
            )
        now = record.hold(locked.system.organisation_id).now
        mine.withdrawn_at, mine.withdrawn_why = now, reason.strip()
        mine.save(update_fields=["withdrawn_at", "withdrawn_why"])
        questions.record_about(
            "approval.vote_withdrawn",
            actor,
            locked,
            vote_id=str(mine.pk),
            role=str(mine.role),
            reason=mine.withdrawn_why,
        )
    return mine


def _own(actor: Actor, vote: Vote) -> None:
    """Whoever voted takes it back, or whoever it was cast for."""
    voices = [vote.voter, *([vote.delegation.delegator] if vote.delegation else [])]
    if actor.kind != "person" or actor.person_id not in [voice.person_id for voice in voices]:
        raise Denied("A vote is taken back by whoever cast it.", code="vote.of_another", by=actor, on=vote)
