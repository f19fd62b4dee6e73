"""Approvals: a question about exactly one decision subject, and the word of each person on it."""

from dataclasses import dataclass

from django.utils import timezone

from governance import lifecycle
from governance.dossier import Gathered, gather_version
from governance.gates import codec, lineage, subject
from governance.gates.policy import parse
from governance.gates.requirements.approvals import Approvals
from governance.gates.spec import Step, Subject
from governance.models import ApprovalRequest, RequestState, Vote, VoteVerdict
from registry import selectors as facts
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid, TransitionNotAllowed
from registry.ledger import record
from registry.models import ModelVersion, System
from registry.stages import Role

MAX_COMMENT = 5000


def request(*, actor: Actor, version: ModelVersion, to: str) -> ApprovalRequest:
    """Put the question as the facts are now. The same question again is the one that is open already."""
    with record.transaction():
        check.require(actor, "request_approval", version)
        version = (
            ModelVersion.objects.select_for_update(of=("self",))
            .select_related("model__system")
            .get(pk=version.pk)
        )
        step = _step(version, to)
        before = _open(version, to)
        record.hold(version.model.system.organisation_id)
        gathered = gather_version(version).about(step)
        _asked_for(gathered)
        asked = subject.subject_of(gathered.dossier)
        digest = codec.digest(asked)
        if before is not None and before.subject_digest == digest:
            return before
        return _replace(actor, version, to, before, asked, digest)


def _replace(
    actor: Actor, version: ModelVersion, to: str, before: ApprovalRequest | None, asked: Subject, digest: str
) -> ApprovalRequest:
    if before is not None:
        _close(before, RequestState.REPLACED)
    created = ApprovalRequest.objects.create(
        model_version=version,
        to_stage=to,
        subject=codec.canonical(asked).decode(),
        subject_digest=digest,
        requested_by=actor.user,
    )
    if before is not None:
        _record("approval.replaced", actor, before, by_request_id=str(created.pk))
    _record(
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
        ballot = _ballot(actor, request, subject_digest)
        chosen = None if ballot.refused else _role(actor, ballot, role)
        if ballot.refused:
            _record(
                "approval.refused", actor, ballot.request, why=ballot.refused, subject_digest=subject_digest
            )
        if chosen is not None:
            return _cast(actor, ballot, chosen, verdict, comment)
    # Raised after the attempt is committed to the log.
    raise Denied(
        f"You cannot vote on this: you {ballot.refused}. Someone independent has to.",
        code="approval.excluded",
    )


@dataclass(frozen=True)
class _Ballot:
    """A request that may be voted on now; `refused` says what the actor did that keeps them from it."""

    request: ApprovalRequest
    system: System
    gathered: Gathered
    demands: tuple[Approvals, ...]
    refused: str


def _ballot(actor: Actor, request: ApprovalRequest, digest: str) -> _Ballot:
    check.require(actor, "vote", request)
    request = (
        ApprovalRequest.objects.select_for_update(of=("self",))
        .select_related("model_version__model__system")
        .get(pk=request.pk)
    )
    version = request.model_version
    record.hold(version.model.system.organisation_id)
    gathered = gather_version(version).about(_step(version, request.to_stage))
    _still_the_question(request, gathered, digest)
    demands = _asked_for(gathered)
    if actor.kind != "person":
        raise Denied("Votes are cast by people. A service account cannot vote.", code="approval.not_a_person")
    if Vote.objects.filter(request=request, voter=actor.user).exists():
        raise Conflict("You have voted on this request already.", code="approval.voted_already")
    excluded = lineage.excluded(
        gathered.dossier, tuple(name for demand in demands for name in demand.exclude)
    )
    return _Ballot(request, version.model.system, gathered, demands, excluded.get(actor.id, ""))


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


def _role(actor: Actor, ballot: _Ballot, wanted: Role | None) -> Role:
    """The role the vote counts in: the one named, or the first the policy still waits for among those held."""
    held = facts.roles_of(actor.user.pk, ballot.system)
    asked = [Role(role) for demand in ballot.demands for role, _ in demand.seats]
    able = [role for role in asked if role in held]
    if wanted is not None and wanted in able:
        return wanted
    if not able or wanted is not None:
        needed = ", ".join(Role(role).label.lower() for role in asked)
        raise Denied(
            f"This step asks for the vote of: {needed}. You hold none of these here.", code="approval.no_role"
        )
    missing = {role for demand in ballot.demands for role in demand.missing(ballot.gathered.dossier)}
    return next((role for role in able if role in missing), able[0])


def _cast(actor: Actor, ballot: _Ballot, role: Role, verdict: VoteVerdict, comment: str) -> Vote:
    request = ballot.request
    created = Vote.objects.create(
        request=request,
        voter=actor.user,
        role=role,
        verdict=verdict,
        comment=comment,
        subject_digest=request.subject_digest,
    )
    if verdict == VoteVerdict.REJECT:
        _close(request, RequestState.REJECTED)
    _record(
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
        locked = ApprovalRequest.objects.select_for_update().get(pk=request.pk)
        if locked.state != RequestState.OPEN:
            raise Conflict(
                f"This request is {locked.get_state_display().lower()} already.", code="approval.closed"
            )
        _close(locked, RequestState.WITHDRAWN)
        _record("approval.withdrawn", actor, locked, reason=reason)
    return locked


def _step(version: ModelVersion, to: str) -> Step:
    """The gated step to a stage: the one from where the version stands, else the one it will come by."""
    here = lifecycle.find(lifecycle.MODEL_VERSION, version.stage, to)
    rows = [
        here,
        *(
            row
            for row in lifecycle.TRANSITIONS
            if row.subject == lifecycle.MODEL_VERSION and row.to_stage == to
        ),
    ]
    row = next((row for row in rows if row is not None and row.gate is not None), None)
    if row is None:
        raise TransitionNotAllowed(f"No gate leads to “{to}”, so there is nothing to approve.")
    return Step(row.subject, str(row.from_stage), str(row.to_stage))


def _asked_for(gathered: Gathered) -> tuple[Approvals, ...]:
    """The approvals the policy asks for at the dossier's step."""
    step, body = gathered.dossier.step, gathered.policy_body
    section = parse(body).section(step.subject, step.from_stage, step.to_stage) if body and step else None
    demands = (
        tuple(demand for demand in section.requirements if isinstance(demand, Approvals)) if section else ()
    )
    if not demands:
        raise Conflict("The policy asks for no approval at this step.", code="approval.not_asked_for")
    return demands


def _open(version: ModelVersion, to: str) -> ApprovalRequest | None:
    rows = ApprovalRequest.objects.select_for_update().filter(model_version=version, to_stage=to)
    return rows.filter(state=RequestState.OPEN).first()


def _close(request: ApprovalRequest, state: RequestState) -> None:
    request.state, request.closed_at = state, timezone.now()
    request.save(update_fields=["state", "closed_at"])


def _record(code: str, actor: Actor, request: ApprovalRequest, **payload: object) -> None:
    system = request.model_version.model.system
    record.event(
        code,
        organisation_id=system.organisation_id,
        system_id=system.pk,
        subject=request,
        actor=actor,
        request_id=str(request.pk),
        **payload,
    )
