"""What a CI system signs about a job: verified, and read into one shape. The database is not asked here.

A token counts only with the signature of an issuer that is configured, by a key that this issuer publishes at the
address that is configured: nothing in the token says where keys come from. Times are held against the server's clock,
without any leeway.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import jwt
from django.conf import settings

from registry.errors import Denied, Unavailable

ALGORITHMS: Final = ("RS256", "ES256")
REQUIRED: Final = ("exp", "iat", "nbf", "iss", "aud", "sub", "jti")
MAX_TOKEN: Final = 16_000
REF: Final = re.compile(r"refs/(heads|tags)(/[^/*\s]+)*/([^/*\s]+|\*)", re.ASCII)
_SECONDS: Final = 5
_REFUSAL: Final = (
    "This token is not accepted here. It must come from a configured CI system, be valid now, and belong to a"
    " repository that an active workload identity of the organisation names."
)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One job of a pipeline, as its CI system vouches for it."""

    issuer: str
    audience: str
    repository_id: str  # never given to another repository, whatever that is called
    ref: str
    environment: str
    workflow: str
    token_id: str
    expires_at: datetime


def untrusted(why: str) -> Denied:
    """The same words for every stranger; what was wrong stands in the service's own log only."""
    logger.warning("workload_token_refused: %s", why)
    return Denied(_REFUSAL, code="workload.not_accepted")


def verify(token: str) -> Job:
    """The job that a token vouches for, or Denied."""
    try:
        issuer = str(jwt.decode(token, options={"verify_signature": False}).get("iss", ""))
        known = settings.ASSAY_WORKLOAD_ISSUERS.get(issuer)
        if known is None:
            raise untrusted("unknown issuer")
        key = _keys(known["keys"]).get_signing_key(str(jwt.get_unverified_header(token).get("kid", "")))
        claims = jwt.decode(
            token,
            key,
            algorithms=list(ALGORITHMS),
            issuer=issuer,
            # The audience is held against the identity's own, which is not known yet.
            options={"require": list(REQUIRED), "verify_aud": False, "enforce_minimum_key_length": True},
        )
        return _READERS[known["kind"]](claims)
    except jwt.PyJWKClientConnectionError as error:
        raise Unavailable("The keys of the CI system cannot be fetched now. Try again.") from error
    except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
        raise untrusted(f"{type(error).__name__}: {error}"[:200]) from error


def ref_fits(pattern: str, ref: str) -> bool:
    """Whether a branch or tag is the one that is named, or, after a final `/*`, a name without a further slash."""
    if not pattern.endswith("/*"):
        return ref == pattern
    start = pattern[:-1]
    rest = ref[len(start) :]
    return ref.startswith(start) and bool(rest) and "/" not in rest


@cache
def _keys(address: str) -> jwt.PyJWKClient:
    """The published keys of one issuer, remembered for five minutes."""
    return jwt.PyJWKClient(address, timeout=_SECONDS)


def _github(claims: Mapping[str, Any]) -> Job:
    return _job(claims, "repository_id", _text(claims, "ref"), _text(claims, "job_workflow_ref"))


def _gitlab(claims: Mapping[str, Any]) -> Job:
    kinds = {"branch": "heads", "tag": "tags"}
    ref = _text(claims, "ref_path") or f"refs/{kinds[_text(claims, 'ref_type')]}/{_text(claims, 'ref')}"
    return _job(claims, "project_id", ref, _text(claims, "ci_config_ref_uri"))


_READERS: Final = {"github": _github, "gitlab": _gitlab}


def _job(claims: Mapping[str, Any], repository: str, ref: str, workflow: str) -> Job:
    audience = claims["aud"]
    if not isinstance(audience, str):
        raise TypeError("a token for several audiences is for none")
    return Job(
        issuer=claims["iss"],
        audience=audience,
        repository_id=str(claims[repository]),
        ref=ref,
        environment=_text(claims, "environment"),
        workflow=workflow,
        token_id=str(claims["jti"]),
        expires_at=datetime.fromtimestamp(int(claims["exp"]), UTC),
    )


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name, "")
    if not isinstance(value, str):
        raise TypeError(f"{name} is not text")
    return value
