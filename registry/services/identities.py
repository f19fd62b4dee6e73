"""Workload identities: made, ended, and exchanged for a short-lived token."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError
from django.db import transaction as database
from django.utils import timezone

from registry import workloads
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid
from registry.ledger import record
from registry.models import ApiToken, Membership, Organisation, System, UsedTokenId, User, WorkloadIdentity
from registry.services import tokens
from registry.workloads import Job

LIFE: Final = timedelta(minutes=15)
# A used identifier is kept past its token's end, in case a clock is set back.
REMEMBERED: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Binding:
    """Which jobs are meant. Empty `environment` and `workflow`: any."""

    issuer: str
    repository_id: str
    repository: str
    ref: str
    audience: str = ""
    environment: str = ""
    workflow: str = ""


def create(
    *,
    actor: Actor,
    organisation: Organisation,
    account: User,
    name: str,
    binding: Binding,
    scopes: Sequence[str],
    system: System | None = None,
) -> WorkloadIdentity:
    """Let jobs of a repository act as a service account, within these scopes, without a stored secret."""
    bound = {**asdict(_checked(binding)), "audience": binding.audience or settings.ASSAY_PUBLIC_URL}
    wanted = tokens.scopes_of(scopes)
    if not wanted:
        raise Invalid("Say which permissions its tokens have.", errors=[("scopes", "required")])
    with record.transaction():
        check.require(actor, "manage_people", organisation)
        _account(organisation, account)
        if actor.limits is not None and actor.limits.narrow:
            raise Denied(
                "A narrow token makes no identities. Sign in.", code="token.wider", by=actor, on=organisation
            )
        if system is not None and system.organisation_id != organisation.pk:
            raise Invalid("The system belongs to another organisation.", errors=[("system", "unknown")])
        made = WorkloadIdentity.objects.create(
            organisation=organisation,
            account=account,
            name=name,
            scopes=wanted,
            system=system,
            created_by=actor.user,
            **bound,
        )
        _record("workload_identity.created", actor, made, scopes=wanted, **bound)
    return made


def deactivate(*, actor: Actor, identity: WorkloadIdentity) -> WorkloadIdentity:
    """End an identity, and with it every token that was exchanged for it."""
    with record.transaction():
        check.require(actor, "manage_people", identity.organisation)
        if not end(actor, identity):
            raise Conflict("This identity has ended already.", code="workload.ended")
    identity.refresh_from_db()
    return identity


def end(actor: Actor, identity: WorkloadIdentity) -> bool:
    """End an identity in the running transaction; False when it has ended before."""
    if not WorkloadIdentity.objects.filter(pk=identity.pk, ended_at=None).update(ended_at=timezone.now()):
        return False
    tokens.revoke_living(actor, ApiToken.objects.filter(identity=identity))
    _record("workload_identity.ended", actor, identity)
    return True


def exchange(*, token: str, organisation: str, name: str = "") -> tuple[ApiToken, str]:
    """A bearer token for the job that a CI system vouches for; good for a quarter of an hour. Each token once."""
    job = workloads.verify(token)
    with record.transaction():
        identity = _meant(job, organisation, name)
        actor = Actor.of(identity.account)
        _once(job, actor, identity)
        issued = ApiToken(
            user=identity.account,
            organisation=identity.organisation,
            name=identity.name,
            scopes=identity.scopes,
            system=identity.system,
            identity=identity,
            expires_at=timezone.now() + LIFE,
        )
        text = tokens.keep(actor, issued)
        _record("workload_identity.used", actor, identity, token_id=str(issued.pk), ref=job.ref)
    return issued, text


def _meant(job: Job, organisation: str, name: str) -> WorkloadIdentity:
    """The identity that fits the job, locked. A misfit of the organisation's own repository stands in its log."""
    rows = WorkloadIdentity.objects.locked().select_related("organisation", "account")
    known = list(
        rows.filter(
            organisation__slug=organisation, issuer=job.issuer, repository_id=job.repository_id
        ).order_by("created_at", "pk")
    )
    if not known:
        raise workloads.untrusted("no identity names this repository")
    known = [identity for identity in known if not name or identity.name == name]
    fitting = [identity for identity in known if not _misfit(identity, job)]
    if len(fitting) > 1:
        names = ", ".join(identity.name for identity in fitting)
        raise Conflict(f"Several identities fit this job: {names}. Name one.", code="workload.ambiguous")
    if fitting:
        return fitting[0]
    if not known:
        raise workloads.untrusted("no identity of this name")
    nearest = next((identity for identity in known if identity.ended_at is None), known[0])
    raise _refusal(nearest, *_misfit(nearest, job))


def _misfit(identity: WorkloadIdentity, job: Job) -> tuple[str, str] | tuple[()]:
    """What of a job is not what an identity names: code and words; nothing when all is."""
    checks = (
        ("ended", identity.ended_at is None, "the identity has ended"),
        ("audience", job.audience == identity.audience, f"it is not made out to {identity.audience}"),
        ("ref", workloads.ref_fits(identity.ref, job.ref), f"it is not about {identity.ref}"),
        (
            "environment",
            identity.environment in ("", job.environment),
            f"its job does not run in the environment {identity.environment}",
        ),
        (
            "workflow",
            identity.workflow in ("", job.workflow),
            f"its job does not come from {identity.workflow}",
        ),
        ("account", _alive(identity), "its service account has ended"),
    )
    return next(((code, words) for code, fits, words in checks if not fits), ())


def _alive(identity: WorkloadIdentity) -> bool:
    places = Membership.objects.filter(
        organisation=identity.organisation, user=identity.account, user__is_active=True, ended_at=None
    )
    return places.exists()


def _once(job: Job, actor: Actor, identity: WorkloadIdentity) -> None:
    now = timezone.now()
    UsedTokenId.objects.filter(expires_at__lt=now - REMEMBERED).delete()
    try:
        with database.atomic():
            UsedTokenId.objects.create(
                issuer=job.issuer, token_id=tokens.digest(job.token_id), expires_at=job.expires_at
            )
    except IntegrityError as error:
        raise _refusal(identity, "replayed", "it was used before; ask the CI system for a new one") from error


def _refusal(identity: WorkloadIdentity, code: str, words: str) -> Denied:
    return Denied(
        f"The token of this job is refused: {words}.",
        code=f"workload.{code}",
        by=Actor.of(identity.account),
        on=identity,
    )


def _checked(binding: Binding) -> Binding:
    if binding.issuer not in settings.ASSAY_WORKLOAD_ISSUERS:
        known = ", ".join(settings.ASSAY_WORKLOAD_ISSUERS)
        raise Invalid(f"Known CI systems are: {known}.", errors=[("issuer", "not configured")])
    if not binding.repository_id.isdecimal():
        raise Invalid(
            "Give the number of the repository, not its name: names can be given to others.",
            errors=[("repository_id", "not a number")],
        )
    if not workloads.REF.fullmatch(binding.ref):
        raise Invalid(
            "A ref is written as refs/heads/main, or refs/heads/release/* for every name right below.",
            errors=[("ref", "not a ref")],
        )
    return binding


def _account(organisation: Organisation, account: User) -> None:
    places = Membership.objects.locked()
    if (
        not account.is_service
        or not places.filter(organisation=organisation, user=account, ended_at=None).exists()
    ):
        raise Invalid("Name a service account of the organisation.", errors=[("account", "unknown")])


def _record(code: str, actor: Actor, identity: WorkloadIdentity, **payload: object) -> None:
    record.event(
        code,
        organisation_id=identity.organisation_id,
        system_id=None,
        subject=identity,
        actor=actor,
        identity_id=str(identity.pk),
        **payload,
    )
