"""Approvals: a question about exactly one decision subject, and the word of each person on it."""

from dataclasses import dataclass
from typing import Final

from governance.dossier import Gathered, gather_version
from governance.gates import codec, lineage, subject
from governance.gates.requirements.approvals import Approvals
from governance.gates.spec import Subject
from governance.models import ApprovalRequest, RequestState, Vote, VoteVerdict
from governance.services import questions
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import AssayError, Conflict, Denied, Invalid
from registry.ledger import record
from registry.models import ModelVersion
from registry.stages import Role

MAX_COMMENT: Final = 5000
_EXCLUDED: Final = "You cannot vote on this: you {}. Someone independent has to."


def request(*, actor: Actor, version: ModelVersion, to: str) -> ApprovalRequest:
    """Put the question as the facts are now. The same question again is the one that is open already."""
    with record.transaction():
        check.require(actor, "request_approval", version)
        version = (
            ModelVersion.objects.select_for_update(of=("self",), no_key=True)
            .select_related("model__system")
            .get(pk=version.pk)
        )
        step = questions.step_to(version, to)
        before = _open(version, to)
        record.hold(version.model.system.organisation_id)
        gathered = gather_version(version).about(step)
        questions.demands(gathered)
        asked = subject.subject_of(gathered.dossier)
        digest = codec.digest(asked)
        if before is not None and before.subject_digest == digest:
            return before
        return _replace(actor, version, to, before, asked, digest)


def _replace(
    actor: Actor, version: ModelVersion, to: str, before: ApprovalRequest | None, asked: Subject, digest: str
) -> ApprovalRequest:
    if before is not None:
        questions.close(before, RequestState.REPLACED)
    created = ApprovalRequest.objects.create(
        model_version=version,
        to_stage=to,
        subject=codec.canonical(asked).decode(),
        subject_digest=digest,
        requested_by=actor.user,
    )
    if before is not None:
        questions.record_about("approval.replaced", actor, before, by_request_id=str(created.pk))
    questions.record_about(
        "approval.requested",
        actor,
        created,
        model_version_id=str(version.pk),
        to=to,
        subject_digest=digest,
        policy_digest=asked.policy or None,
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
) -> Vote:
    """One person's word on the digest they have read. Nobody judges their own work, whatever they may otherwise do."""
    comment = comment.strip()
    if len(comment) > MAX_COMMENT:
        raise Invalid(f"A comment has at most {MAX_COMMENT} characters.", errors=[("comment", "too long")])
    if verdict == VoteVerdict.REJECT and not comment:
        raise Invalid("Say why you reject, so that it can be put right.", errors=[("comment", "required")])
    with record.transaction():
        locked = _locked(request)
        question = _checked(actor, locked, questions.facts_of(locked), subject_digest)
        if not question.refused:
            return _cast(actor, question, _role(actor, question, role), verdict, comment)
        questions.record_about(
            "approval.refused", actor, locked, why=question.refused, subject_digest=subject_digest
        )
    # Raised after the attempt is committed: to try to judge one's own work is something a log should tell.
    refusal = Denied(_EXCLUDED.format(question.refused), code="approval.excluded")
    refusal.recorded = True
    raise refusal


@dataclass(frozen=True)
class Ballot:
    """What somebody may do with a request: vote in one of these roles, or not, and why."""

    roles: tuple[Role, ...]
    why_not: str
    changed: str  # what changed since it was asked, in words


def ballot(actor: Actor, request: ApprovalRequest) -> Ballot:
    """What the vote of this actor would meet now, found by the checks that guard the vote itself."""
    gathered = questions.facts_of(request)
    was, now = codec.read(Subject, request.subject), subject.subject_of(gathered.dossier)
    changed = subject.changed_words(was, now) if was != now else ""
    try:
        question = _checked(actor, request, gathered, request.subject_digest)
        roles = _roles(actor, question)
    except AssayError as error:
        return Ballot((), error.message, changed)
    return (
        Ballot((), _EXCLUDED.format(question.refused), changed)
        if question.refused
        else Ballot(roles, "", changed)
    )


@dataclass(frozen=True)
class _Question:
    """A request that may be voted on now; `refused` says what the actor did that keeps them from it."""

    request: ApprovalRequest
    gathered: Gathered
    demands: tuple[Approvals, ...]
    refused: str


def _locked(request: ApprovalRequest) -> ApprovalRequest:
    rows = ApprovalRequest.objects.select_for_update(of=("self",), no_key=True).select_related(
        "model_version__model__system"
    )
    locked = rows.get(pk=request.pk)
    record.hold(locked.model_version.model.system.organisation_id)
    return locked


def _checked(actor: Actor, request: ApprovalRequest, gathered: Gathered, digest: str) -> _Question:
    check.require(actor, "vote", request)
    _still_the_question(request, gathered, digest)
    demands = questions.demands(gathered)
    if actor.kind != "person":
        raise Denied("Votes are cast by people. A service account cannot vote.", code="approval.not_a_person")
    if Vote.objects.filter(request=request, voter=actor.user).exists():
        raise Conflict("You have voted on this request already.", code="approval.voted_already")
    excluded = lineage.excluded(
        gathered.dossier, tuple(name for demand in demands for name in demand.exclude)
    )
    return _Question(request, gathered, demands, excluded.get(actor.id, ""))


def _still_the_question(request: ApprovalRequest, gathered: Gathered, digest: str) -> None:
    if request.state != RequestState.OPEN:
        raise Conflict(
            f"This request is {request.get_state_display().lower()}; ask again.", code="approval.closed"
        )
    if digest != request.subject_digest:
        raise Conflict(
            "What you read is not what this request asks about. Read it again, then vote.",
            code="approval.other_subject",
        )
    now = subject.subject_of(gathered.dossier)
    if codec.digest(now) != request.subject_digest:
        changed = subject.changed_words(codec.read(Subject, request.subject), now)
        raise Conflict(
            f"Since this was asked, {changed} changed. Ask for approval again, so that the vote is about the facts as"
            " they are.",
            code="approval.stale",
        )


def _roles(actor: Actor, question: _Question) -> tuple[Role, ...]:
    """The roles the actor may vote in, those first that the policy still waits for."""
    held = facts.roles_of(actor.user.pk, question.request.model_version.model.system)
    asked = [Role(role) for demand in question.demands for role, _ in demand.seats]
    able = [role for role in dict.fromkeys(asked) if role in held]
    if not able:
        needed = ", ".join(role.label.lower() for role in dict.fromkeys(asked))
        raise Denied(
            f"This step asks for the vote of: {needed}. You hold none of these here.", code="approval.no_role"
        )
    missing = {role for demand in question.demands for role in demand.missing(question.gathered.dossier)}
    return tuple(sorted(able, key=lambda role: role not in missing))


def _role(actor: Actor, question: _Question, wanted: Role | None) -> Role:
    """The role the vote counts in: the one named, or the first the policy still waits for."""
    able = _roles(actor, question)
    if wanted is None:
        return able[0]
    if wanted not in able:
        raise Denied(f"You cannot vote as {wanted.label.lower()} here.", code="approval.no_role")
    return wanted


def _cast(actor: Actor, question: _Question, role: Role, verdict: VoteVerdict, comment: str) -> Vote:
    request = question.request
    created = Vote.objects.create(
        request=request,
        voter=actor.user,
        role=role,
        verdict=verdict,
        comment=comment,
        subject_digest=request.subject_digest,
    )
    if verdict == VoteVerdict.REJECT:
        questions.close(request, RequestState.REJECTED)
    questions.record_about(
        "approval.voted",
        actor,
        request,
        vote_id=str(created.pk),
        role=str(role),
        verdict=str(verdict),
        subject_digest=request.subject_digest,
        comment=comment,
    )
    return created


def withdraw(*, actor: Actor, request: ApprovalRequest, reason: str) -> ApprovalRequest:
    """Take the question back; approvals given on it no longer count."""
    if not reason.strip():
        raise Invalid("Say why you withdraw it.", errors=[("reason", "required")])
    with record.transaction():
        check.require(actor, "request_approval", request)
        locked = ApprovalRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
        if locked.state != RequestState.OPEN:
            raise Conflict(
                f"This request is {locked.get_state_display().lower()} already.", code="approval.closed"
            )
        questions.close(locked, RequestState.WITHDRAWN)
        questions.record_about("approval.withdrawn", actor, locked, reason=reason)
    return locked


def _open(version: ModelVersion, to: str) -> ApprovalRequest | None:
    rows = ApprovalRequest.objects.select_for_update(no_key=True).filter(model_version=version, to_stage=to)
    return rows.filter(state=RequestState.OPEN).first()
