"""The organisation's own sign-in (OpenID Connect), read from the environment into the shape that allauth wants."""

import hashlib
from typing import Any

from governance import env


def providers() -> dict[str, Any]:
    """The one identity provider that is configured; without an issuer there is none, and no button for it."""
    issuer = env.text("ASSAY_OIDC_ISSUER", "").rstrip("/")
    provider: dict[str, Any] = {"provider_class": "governance.web.sso.SingleSignOn", "APPS": []}
    if issuer:
        provider["APPS"] = [
            {
                # Subjects are unique to their issuer only: another issuer's are other people.
                "provider_id": f"sso-{hashlib.sha256(issuer.encode()).hexdigest()[:16]}",
                "name": env.text("ASSAY_OIDC_NAME", "Single sign-on"),
                "client_id": env.text("ASSAY_OIDC_CLIENT_ID"),
                "secret": env.secret("ASSAY_OIDC_CLIENT_SECRET"),
                "settings": {
                    "server_url": issuer,
                    "oauth_pkce_enabled": True,
                    "verified_claim": env.text("ASSAY_OIDC_VERIFIED_CLAIM", "email_verified"),
                    "factor_values": env.words("ASSAY_OIDC_MFA_VALUES"),
                },
            }
        ]
    return {"openid_connect": provider}
