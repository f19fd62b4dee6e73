"""An API client of one of the cast, by bearer token."""

from typing import Any

from rest_framework.test import APIClient

from registry.services import tokens
from tests.cast import Cast


def api(cast: Cast, name: str) -> Any:
    """A client that calls as the named person, with a fresh token."""
    user = getattr(cast, name)
    organisation = cast.acme if name != "oscar" else cast.oscar.memberships.get().organisation
    issuer = cast.actor("olga") if user.is_service else cast.actor(name)
    _, text = tokens.issue(actor=issuer, organisation=organisation, user=user, name="tests")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client
