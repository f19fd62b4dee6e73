"""How people sign in: through allauth, by invitation only."""

import base64
import hashlib
import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.stages import AuthenticateStage
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from registry.access import sessions
from registry.errors import Conflict
from registry.ledger import record
from registry.models import User
from registry.services import sign_ins

# The same for a name nobody has, a wrong password and a closed account.
WRONG = "This name and this password do not belong together."
logger = logging.getLogger(__name__)


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves; administrators make accounts."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": WRONG,
        "username_password_mismatch": WRONG,
        "too_many_login_attempts": "Too many attempts failed. Wait five minutes and try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The person, if the password is theirs; a closed account is told from a wrong password by nothing."""
        user: User | None = super().authenticate(request, **credentials)
        if user is None or user.is_active:
            return user
        self.authentication_failed(request, **credentials)
        return None

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Have it noted."""
        login = credentials.get("username") or credentials.get("email") or ""
        sign_ins.report_failure(login=str(login), why="the password was wrong")

    def login(self, request: HttpRequest, user: User) -> None:
        """Begin the session, and say so in the log."""
        with record.transaction():
            sign_ins.signed_in(
                user=user,
                method=sessions.method(request, user),
                second_factor=sessions.shown(request, user),
            )
            super().login(request, user)

    def set_password(self, user: User, password: str) -> None:
        """Keep a new password, and say so in the log."""
        how = "changed" if self.request.user == user else "reset by mail"
        with record.transaction():
            super().set_password(user, password)
            sign_ins.password_changed(user=user, how=how)

    def get_login_stages(self) -> list[str]:
        """What comes between the password and the session."""
        asked = f"{__name__}.{AskSecondFactor.__name__}"
        library = f"{AuthenticateStage.__module__}.{AuthenticateStage.__name__}"
        return [asked if stage == library else stage for stage in super().get_login_stages()]

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """How somebody proves again who they are: by their second factor, if they have one."""
        known: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [way for way in known if way["id"] == "mfa_reauthenticate"] or known

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to one's own sign-in."""
        return reverse("mfa_index")

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """An account that was closed meanwhile."""
        return redirect("account_login")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mail what happened to the account. That it happened does not depend on the mail server."""
        try:
            super().send_mail(template_prefix, email, {"base": settings.ASSAY_PUBLIC_URL, **context})
        except OSError:
            logger.warning("mail_failed", extra={"template": template_prefix})


class AskSecondFactor(AuthenticateStage):  # type: ignore[misc]
    """Asks for the second factor, unless the identity provider says that it has."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """A page to show, or none."""
        if sessions.shown(self.request, self.login.user):
            return None, True
        answer: tuple[HttpResponse | None, bool] = super().handle()
        return answer


class SealedFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps second factors encrypted: a copy of the database alone lets nobody in."""

    def encrypt(self, text: str) -> str:
        """Sealed with the service's secret key."""
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Opened with the secret key, or one that is being rotated out."""
        try:
            return _seal().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as error:
            raise Conflict(
                "Your second factor was set up under a secret key that Assay no longer has. Whoever runs it can"
                " remove it with `manage.py reset_second_factor`."
            ) from error


def _seal() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"second factor {key}".encode()).digest()))
            for key in keys
        ]
    )
