"""Signing in at the organisation's own identity provider: OpenID Connect, authorization code with PKCE.

allauth runs the flow. What it leaves out is added here: a nonce, the signature of the identity token, the provider's
own name for itself, and that an identity only ever signs in somebody who is known.
"""

import hashlib
import hmac
import logging
from functools import cache
from typing import Any, Final

import jwt
import requests
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from registry.access import sessions
from registry.errors import Denied
from registry.services import sign_ins, single_sign_on
from registry.services.single_sign_on import Identity
from registry.workloads import ALGORITHMS

REQUIRED: Final = ("exp", "iat", "iss", "aud", "sub", "nonce")
LEEWAY: Final = 10  # seconds by which the provider's clock may differ
TRUE: Final = {"true", "1"}
PAGE: Final = "socialaccount/authentication_error.html"
logger = logging.getLogger(__name__)


class VerifiedIdentity(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """Fetches the identity token for a code, and believes nothing in it before its signature and nonce are checked."""

    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says about itself; it must call itself what it is called here."""
        config: dict[str, Any] = super().openid_config
        if str(config.get("issuer", "")).rstrip("/") != self.get_provider().app.settings["server_url"]:
            raise OAuth2Error("the provider calls itself by another issuer")
        return config

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Where people come back to: the address that is set, whatever the request called this host."""
        return str(settings.ASSAY_PUBLIC_URL) + reverse("sso_callback")

    def get_access_token_data(
        self, request: HttpRequest, app: Any, client: Any, pkce_code_verifier: str | None = None
    ) -> Any:
        """Exchange the code, and remember the nonce that belongs to this attempt."""
        self.nonce = _nonce(pkce_code_verifier or "")
        return super().get_access_token_data(request, app, client, pkce_code_verifier)

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **further: Any) -> Any:
        """Who it is."""
        claims = self._verified(app, str(further["response"].get("id_token", "")))
        if "email" not in claims and "userinfo_endpoint" in self.openid_config:
            more = self._fetch_user_info(token.token)
            if more.get("sub") != claims["sub"]:
                raise OAuth2Error("the user information is about somebody else")
            claims = {**more, **claims}
        login = self.get_provider().sociallogin_from_response(request, claims)
        login.claims = claims
        return login

    def _verified(self, app: Any, token: str) -> dict[str, Any]:
        try:
            key = _keys(self.openid_config["jwks_uri"]).get_signing_key_from_jwt(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                issuer=self.openid_config["issuer"],
                audience=app.client_id,
                leeway=LEEWAY,
                options={"require": list(REQUIRED), "enforce_minimum_key_length": True},
            )
        except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
            raise OAuth2Error(f"the identity token is refused: {type(error).__name__}: {error}") from error
        if claims["aud"] != app.client_id and claims.get("azp") != app.client_id:
            raise OAuth2Error("the identity token is for several, and not for us")
        if not hmac.compare_digest(str(claims["nonce"]), self.nonce):
            raise OAuth2Error("the identity token answers another request")
        return claims


class SingleSignOn(OpenIDConnectProvider):  # type: ignore[misc]
    """The one provider that is configured. Nothing in an address changes what is asked of it."""

    oauth2_adapter_class = VerifiedIdentity

    def redirect_from_request(self, request: HttpRequest) -> HttpResponse:
        """To the provider, to sign in and for nothing else."""
        answer: HttpResponse = self.redirect(
            request, AuthProcess.LOGIN, next_url=get_next_redirect_url(request)
        )
        return answer

    def get_pkce_params(self) -> dict[str, Any]:
        """The challenge, and the nonce that is bound to it."""
        challenge: dict[str, Any] = super().get_pkce_params()
        return {**challenge, "nonce": _nonce(challenge["code_verifier"])}

    def extract_uid(self, data: dict[str, Any]) -> str:
        """The subject: what an identity is, whatever its address is today."""
        return str(data["sub"])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Nothing else is kept."""
        return {}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """Names are those in Assay."""
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        """Addresses are those in Assay."""
        return []


class KnownPeopleAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Lets nobody in whom Assay does not know."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find the person, or say why not."""
        claims, app = sociallogin.claims, sociallogin.provider.app
        identity = Identity(
            provider=sociallogin.account.provider,
            issuer=app.settings["server_url"],
            subject=sociallogin.account.uid,
            address=str(claims.get("email", "")),
            verified=str(claims.get(app.settings["verified_claim"], "")).lower() in TRUE,
        )
        try:
            sociallogin.account = single_sign_on.admit(identity)
        except Denied as refusal:
            sign_ins.report_failure(login=identity.address, why=refusal.message)
            page = render(request, PAGE, {"reason": refusal.message}, status=403)
            raise ImmediateHttpResponse(page) from refusal
        sociallogin.user = sociallogin.account.user
        if shows_factor(claims, app.settings["factor_values"]):
            record_authentication(request, sociallogin.user, sessions.FACTOR, type="idp")

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, **further: Any
    ) -> None:
        """Why goes to the service's own log; the page only says what to do."""
        logger.warning("sso_refused: %s", exception or error)


def shows_factor(claims: dict[str, Any], trusted: list[str]) -> bool:
    """Whether the provider says, in words that are trusted, that it asked for a second factor."""
    said = claims.get("amr", [])
    ways = {way for way in said if isinstance(way, str)} if isinstance(said, list) else set()
    return bool((ways | {str(claims.get("acr", ""))}) & set(trusted))


def name() -> str:
    """What the provider is called on the page; empty without one."""
    return str(_apps()[0]["name"]) if _apps() else ""


@require_safe
@login_not_required
def begin(request: HttpRequest) -> HttpResponse:
    """To the identity provider."""
    if request.user.is_authenticated:
        return redirect("overview")
    try:
        answer: HttpResponse = _adapter(request).get_provider().redirect_from_request(request)
    except (requests.RequestException, OAuth2Error, KeyError, ValueError) as error:
        logger.warning("sso_unavailable: %s", error)
        words = "The sign-in service does not answer as it should. Try again in a while."
        return render(request, PAGE, {"reason": words}, status=503)
    return answer


@require_safe
@login_not_required
def come_back(request: HttpRequest) -> HttpResponse:
    """From the identity provider."""
    answer: HttpResponse = OAuth2CallbackView.adapter_view(_adapter(request))(request)
    return answer


@require_safe
@login_not_required
def cancelled(request: HttpRequest) -> HttpResponse:
    """They changed their mind at the identity provider."""
    return render(request, "socialaccount/login_cancelled.html", {"sso": name()})


def _apps() -> list[dict[str, Any]]:
    apps: list[dict[str, Any]] = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    return apps


def _adapter(request: HttpRequest) -> VerifiedIdentity:
    if not _apps():
        raise Http404
    return VerifiedIdentity(request, _apps()[0]["provider_id"])


def _nonce(verifier: str) -> str:
    """Bound to the secret of this attempt, which only this session and the provider's token endpoint see."""
    return hashlib.sha256(f"nonce {verifier}".encode()).hexdigest()


@cache
def _keys(address: str) -> jwt.PyJWKClient:
    """The provider's published keys, remembered for five minutes."""
    return jwt.PyJWKClient(address, timeout=5)
