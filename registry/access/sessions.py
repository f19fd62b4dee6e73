"""Who acts in a browser's session, and whether they have shown a second factor in it. No query is needed to know."""

from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings

from registry.actors import Actor

FACTOR = "mfa"  # how allauth calls a second factor that was shown


def shown(request: Any, user: Any) -> bool:
    """Whether this person has shown a second factor since the session began."""
    return any(record["method"] == FACTOR for record in get_authentication_records(request, user))


def method(request: Any, user: Any) -> str:
    """How they signed in: password or sso."""
    first = [record["method"] for record in get_authentication_records(request, user)]
    return "sso" if "socialaccount" in first else "password"


def actor(request: Any) -> Actor:
    """The person of the session."""
    return Actor.of(request.user, second_factor=shown(request, request.user))


def lacking(request: Any) -> bool:
    """Whether somebody is signed in here who has yet to show the second factor that is asked for."""
    asked = settings.ASSAY_REQUIRE_MFA and request.user.is_authenticated
    return bool(asked) and not shown(request, request.user)
