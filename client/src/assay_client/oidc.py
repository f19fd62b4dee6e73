"""Without a stored token: the job's own identity, signed by its CI system, exchanged for a token that lives minutes.

GitHub Actions hands out identity tokens at an address it names in the job; GitLab CI puts one into the variable that
the pipeline declares under `id_tokens`. Both are made out to an audience, which is the address of the service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from assay_client import strict_json
from assay_client.api import Deadline, Service
from assay_client.config import ID_TOKEN, Settings, site
from assay_client.outcomes import BadInput, Unusable
from assay_client.transport import Call, exchange

GITHUB_ADDRESS = "ACTIONS_ID_TOKEN_REQUEST_URL"
GITHUB_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105 - the name of a variable
_MEANT = re.compile(r"(?P<organisation>[a-z0-9_-]{1,60})(?:/(?P<name>[A-Za-z0-9_-]{1,100}))?", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9._=+/-]{1,16000}", re.ASCII)


def connect(
    meant: str | None, chosen: Settings, environ: Mapping[str, str], deadline: Deadline, *, insecure: bool
) -> Service:
    """The service as the token sees it: the one that was given, or the one that this job's identity is worth."""
    if meant is None:
        return Service(chosen.site, chosen.token, deadline)
    match = _MEANT.fullmatch(meant)
    if match is None:
        raise BadInput("oidc.invalid", f"--oidc takes ORGANISATION or ORGANISATION/IDENTITY, not {meant!a}.")
    identity = _identity(chosen, environ, deadline, insecure=insecure)
    asked = {"token": identity, "organisation": match["organisation"], "name": match["name"] or ""}
    told = Service(chosen.site, "", deadline).post("/token-exchange", asked)
    token = told.get("token")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise Unusable("answer.shape", "The service answered the exchange without a token.")
    return Service(chosen.site, token, deadline)


def _identity(chosen: Settings, environ: Mapping[str, str], deadline: Deadline, *, insecure: bool) -> str:
    """What the CI system signed about this job."""
    if chosen.id_token is not None:
        return _checked(chosen.id_token.strip(), ID_TOKEN)
    address, bearer = environ.get(GITHUB_ADDRESS), environ.get(GITHUB_TOKEN)
    if not address or not bearer:
        raise BadInput(
            "oidc.missing",
            f"This job has no identity: give it the permission id-token: write (GitHub), or declare {ID_TOKEN} under"
            " id_tokens (GitLab).",
        )
    return _of_github(address, bearer, chosen.site.shown, deadline, insecure=insecure)


def _of_github(address: str, bearer: str, audience: str, deadline: Deadline, *, insecure: bool) -> str:
    parts = urlsplit(address.strip())
    issuer = site(f"{parts.scheme}://{parts.netloc}", insecure=insecure)
    query = "&".join(filter(None, (parts.query, f"audience={quote(audience, safe='')}")))
    target = f"{parts.path or '/'}?{query}"
    headers = {
        "Authorization": f"Bearer {_checked(bearer.strip(), GITHUB_TOKEN)}",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    reply = exchange(issuer, Call("GET", target, headers), deadline.left())
    try:
        document = strict_json.parse(reply.body) if reply.status == 200 else None
    except strict_json.NotJson:
        document = None
    value = document.get("value") if isinstance(document, dict) else None
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise Unusable("oidc.no_token", f"{issuer.shown} gave no identity token (status {reply.status}).")
    return value


def _checked(value: str, variable: str) -> str:
    if not _TOKEN.fullmatch(value):
        raise BadInput("oidc.invalid", f"{variable} does not hold a token.")
    return value
