"""What happens to people's own sign-in, told in the log of every organisation they are a member of.

Passwords and codes are allauth's business. No secret and nothing that was typed is kept here.
"""

import logging
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.db.models import Q

from registry import queue
from registry.actors import Actor
from registry.ledger import halts, record
from registry.models import Organisation, User

logger = logging.getLogger(__name__)
# They change nothing that is governed: where a log is stopped people must come in all the same, to read and to open it.
_WHILE_STOPPED: Final = frozenset({"account.signed_in", "account.sign_in_failed"})
_NOBODY: Final = Actor.system("sign-in")  # who tried is not known: whoever it was did not get in


def signed_in(*, user: User, method: str, second_factor: bool) -> None:
    """Somebody signed in."""
    _tell("account.signed_in", Actor.of(user), user, method=method, second_factor=second_factor)


def report_failure(*, login: str, why: str) -> None:
    """Have a worker note that signing in failed: the same work whether or not there is such an account."""
    queue.enqueue(queue.NOTE_FAILED_SIGN_IN, login=login[:254], why=why)


def failed(*, login: str, why: str) -> None:
    """Somebody failed to sign in as somebody else, or as themselves; unknown names are nobody's and leave no entry."""
    for user in people_named(login):
        _tell("account.sign_in_failed", _NOBODY, user, why=why if user.is_active else "the account is closed")


def factor_added(*, user: User, factor: str) -> None:
    """A person set up a second factor."""
    _tell("account.factor_added", Actor.of(user), user, factor=factor)


def factor_removed(*, user: User, factor: str) -> None:
    """A person removed their second factor."""
    _tell("account.factor_removed", Actor.of(user), user, factor=factor)


def remove_factors(*, actor: Actor, user: User) -> bool:
    """Remove somebody's second factor for them; False when they have none. The operator's command line only."""
    with record.transaction():
        gone, _ = Authenticator.objects.filter(user=user).delete()
        if gone:
            _tell("account.factor_removed", actor, user, factor="all")
    return bool(gone)


def password_changed(*, user: User, how: str) -> None:
    """A person has a new password."""
    _tell("account.password_changed", Actor.of(user), user, how=how)


def identity_linked(*, user: User, issuer: str, subject_digest: str) -> None:
    """An identity of the single sign-on belongs to an account from now on."""
    _tell("account.identity_linked", _NOBODY, user, issuer=issuer, subject_digest=subject_digest)


def identity_unlinked(*, actor: Actor, user: User, issuer: str) -> None:
    """An account is free for another identity of the single sign-on."""
    _tell("account.identity_unlinked", actor, user, issuer=issuer)


def people_named(login: str) -> list[User]:
    """The people who sign in under this user name or with this address; services never do."""
    return list(User.objects.filter(Q(username=login) | Q(email__iexact=login), is_service=False))


def with_address(address: str) -> User | None:
    """The person with this address. Case counts for nothing in ASCII; look-alikes in other scripts never match."""
    for user in User.objects.filter(email__iexact=address, is_service=False).exclude(email=""):
        if user.email == address or (address.isascii() and user.email.lower() == address.lower()):
            return user
    return None


def _tell(code: str, actor: Actor, user: User, **payload: Any) -> None:
    with record.transaction():
        places = Organisation.objects.filter(memberships__user=user, memberships__ended_at=None)
        for organisation in places.order_by("pk"):
            if code in _WHILE_STOPPED and halts.reason(organisation.pk):
                told = {"organisation_id": str(organisation.pk), "user_id": str(user.pk), "event_code": code}
                logger.warning("not_in_stopped_log", extra=told)
                continue
            record.event(
                code,
                organisation_id=organisation.pk,
                subject=user,
                actor=actor,
                user_id=str(user.pk),
                user=user.display_name,
                **payload,
            )
