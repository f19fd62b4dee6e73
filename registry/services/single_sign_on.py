"""Which person an identity of the organisation's own sign-in is. Strangers are nobody; subjects stay whose they are."""

from dataclasses import dataclass
from typing import Any

from allauth.socialaccount.models import SocialAccount

from registry.actors import Actor
from registry.errors import Conflict, Denied
from registry.ledger import record
from registry.models import Membership, User
from registry.services import members, sign_ins, tokens


@dataclass(frozen=True)
class Identity:
    """What the identity provider vouches for."""

    provider: str  # names the issuer: another issuer's subjects are other people
    issuer: str
    subject: str
    address: str
    verified: bool


def admit(identity: Identity) -> SocialAccount:
    """The bond of an identity with a person's account, made at their first sign-in; or Denied, saying why."""
    with record.transaction():
        bond = _bonds().filter(provider=identity.provider, uid=identity.subject).first() or _bind(identity)
        _may_come_in(bond.user)
    _one_person(identity, bond.user)
    return bond


def release(*, actor: Actor, user: User) -> int:
    """Free an account for another identity, as after the provider made a new one. The operator's command line only."""
    with record.transaction():
        issuers = list(SocialAccount.objects.filter(user=user).values_list("provider", flat=True))
        SocialAccount.objects.filter(user=user).delete()
        for issuer in issuers:
            sign_ins.identity_unlinked(actor=actor, user=user, issuer=issuer)
    return len(issuers)


def _bonds() -> Any:
    return SocialAccount.objects.select_related("user")


def _bind(identity: Identity) -> SocialAccount:
    """Make the bond with the member whose address the provider has verified."""
    if not identity.address or not identity.verified:
        raise Denied(
            "The sign-in service does not say that your e-mail address is verified. Have it verified there.",
            code="sso.unverified",
        )
    known = sign_ins.with_address(identity.address)
    if known is None:
        raise Denied(
            "Nobody in Assay has your e-mail address. Ask an owner of your organisation to have an account made.",
            code="sso.unknown",
        )
    user = User.objects.select_for_update(no_key=True).get(pk=known.pk)
    _may_come_in(user)
    bound = SocialAccount.objects.select_related("user").filter(user=user, provider=identity.provider).first()
    if bound is not None and bound.uid == identity.subject:
        return bound  # made while this waited for the account's row
    if bound is not None:
        raise Denied(
            "The account with your e-mail address belongs to another identity of the sign-in service. Whoever runs"
            " Assay can free it with `manage.py unlink_identity`, if it is really yours.",
            code="sso.bound",
        )
    bond = SocialAccount.objects.create(user=user, provider=identity.provider, uid=identity.subject)
    sign_ins.identity_linked(
        user=user,
        issuer=identity.issuer,
        subject_digest=tokens.digest(f"{identity.issuer} {identity.subject}"),
    )
    return bond


def _may_come_in(user: User) -> None:
    member = Membership.objects.filter(user=user, ended_at=None).exists()
    if user.is_service or not user.is_active or not member:
        raise Denied(
            "Your account here is closed, or you are no longer a member of any organisation. Ask an owner of yours.",
            code="sso.closed",
        )


def _one_person(identity: Identity, user: User) -> None:
    """One subject is one human: a second account with the verified address of the same subject counts as theirs."""
    other = sign_ins.with_address(identity.address) if identity.address and identity.verified else None
    if other is None or other.person_id == user.person_id:
        return
    try:
        members.link(actor=Actor.system("sign-in"), account=other, person=user)
    except Conflict as error:
        raise Denied(
            "Your address belongs to another account than the one you sign in to, and the two cannot be joined."
            " Whoever runs Assay has to look.",
            code="sso.two_accounts",
        ) from error
