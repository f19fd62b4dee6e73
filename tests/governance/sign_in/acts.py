"""What people do with their second factor, as their browser does it."""

import json
from typing import Any

import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    SECRET_SESSION_KEY,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client

from registry.ledger.models import LedgerEntry
from registry.models import User
from tests.cast import PASSWORD


def prove(client: Client, password: str = PASSWORD) -> None:
    """Give the password once more, where a page asks for it."""
    client.post("/accounts/reauthenticate/", {"password": password})


def shown_by_app(secret: str) -> str:
    """The six digits that the app shows now."""
    return str(format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))


def set_up(client: Client) -> str:
    """Set an authenticator app up; the key that it keeps."""
    prove(client)
    client.get("/accounts/2fa/totp/activate/")
    secret = str(client.session[SECRET_SESSION_KEY])
    answer = client.post("/accounts/2fa/totp/activate/", {"code": shown_by_app(secret)})
    assert answer.status_code == 302, answer.content.decode()
    return secret


def later(clock: time_machine.Traveller) -> None:
    """Until the app shows another code."""
    clock.shift(31)


def recovery_codes(user: User) -> list[str]:
    found = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return list(found.wrap().get_unused_codes())


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def told(code: str) -> list[dict[str, Any]]:
    """The data of every entry of this kind, oldest first."""
    return [
        json.loads(bytes(row.body))["data"] for row in LedgerEntry.objects.filter(event=code).order_by("pk")
    ]


def text(answer: Any) -> str:
    return str(answer.content.decode())
