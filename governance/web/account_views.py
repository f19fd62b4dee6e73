"""Pages of people's own sign-in: allauth's, with an entry in the log where something changes."""

from typing import Any

from allauth.account.internal.flows.login import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
    record_authentication,
)
from allauth.account.views import LoginView, PasswordChangeView
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from governance.web import sso
from registry.access import sessions
from registry.errors import Conflict
from registry.ledger import record
from registry.services import sign_ins

APP = "authenticator app"


class SignIn(LoginView):  # type: ignore[misc]
    """Name and password, and the way to the organisation's own sign-in."""

    def get_context_data(self, **further: Any) -> dict[str, Any]:
        """What the page shows."""
        return {**super().get_context_data(**further), "sso": sso.name()}


class OwnSignIn(IndexView):  # type: ignore[misc]
    """How somebody signs in, and what they can change about it."""

    def get_context_data(self, **further: Any) -> dict[str, Any]:
        """What the page shows."""
        return {
            **super().get_context_data(**further),
            "required": settings.ASSAY_REQUIRE_MFA,
            "lacking": sessions.lacking(self.request),
            "shown": sessions.shown(self.request, self.request.user),
            "sso": sso.name(),
            "linked": SocialAccount.objects.filter(user=self.request.user).exists(),
        }


class ChangePassword(PasswordChangeView):  # type: ignore[misc]
    """A new password instead of the old one."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Only who has a password can change it."""
        if request.user.is_authenticated and not request.user.has_usable_password():
            raise Conflict(
                "You sign in without a password here. Whoever keeps your accounts can change yours."
            )
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer


class ShowFactor(AuthenticateView):  # type: ignore[misc]
    """The code of the second factor, between the password and the session."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """Have it noted, and ask again."""
        sign_ins.report_failure(login=self.stage.login.user.username, why="the second factor was wrong")
        answer: HttpResponse = super().form_invalid(form)
        return answer


class AddFactor(ActivateTOTPView):  # type: ignore[misc]
    """Sets an authenticator app up; with its first code it has been shown in this session."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep it, and say so in the log."""
        user = self.request.user
        with record.transaction():
            answer: HttpResponse = super().form_valid(form)
            sign_ins.factor_added(user=user, factor=APP)
        record_authentication(self.request, user, sessions.FACTOR, type=str(Authenticator.Type.TOTP))
        return answer


class RemoveFactor(DeactivateTOTPView):  # type: ignore[misc]
    """Removes the authenticator app; this session has shown no second factor any more."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Remove it, and say so in the log."""
        user = self.request.user
        with record.transaction():
            answer: HttpResponse = super().form_valid(form)
            sign_ins.factor_removed(user=user, factor=APP)
        known = get_authentication_records(self.request, user)
        self.request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [
            one for one in known if one["method"] != sessions.FACTOR
        ]
        return answer
