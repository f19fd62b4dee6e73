"""Where to ask, as whom, and whose signature to believe: from flags, then from the environment.

A variable that is set but empty is an error, never "not set": an undefined CI secret arrives as an empty
string, and must not quietly turn verification off. No variable turns the gate off.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from assay_client import keys
from assay_client.outcomes import BadInput
from assay_client.transport import Site

ID_TOKEN = "ASSAY_ID_TOKEN"  # noqa: S105 - the name of a variable
VARIABLES = ("ASSAY_URL", "ASSAY_TOKEN", "ASSAY_TOKEN_FILE", ID_TOKEN, "ASSAY_VERDICT_KEY")

_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}", re.ASCII)
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)*", re.ASCII)
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}", re.ASCII)


@dataclass(frozen=True)
class Settings:
    """Everything a command needs to know about the service."""

    site: Site
    token: str  # empty with --oidc: it is to be exchanged first
    keys: tuple[keys.PinnedKey, ...]
    id_token: str | None = None


def settings(
    flags: Mapping[str, str | None], environ: Mapping[str, str], *, insecure: bool = False
) -> Settings:
    """The settings of this call, or BadInput with the sentence that says which one to mend."""
    url = _value("--url", flags.get("url"), "ASSAY_URL", environ)
    if url is None:
        raise BadInput("url.missing", "Say where the service is: give --url or set ASSAY_URL.")
    id_token = _value("--oidc", None, ID_TOKEN, environ)
    return Settings(
        site(url, insecure=insecure), _token(flags, environ), pinned_keys(flags, environ), id_token
    )


def _value(flag: str, given: str | None, variable: str, environ: Mapping[str, str]) -> str | None:
    name, value = (flag, given) if given is not None else (variable, environ.get(variable))
    if value is not None and not value.strip():
        raise BadInput(
            "setting.empty", f"{name} is given but empty. Give it a value, or leave it out altogether."
        )
    return value


def site(url: str, *, insecure: bool) -> Site:
    """The checked parts of the service's address."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise BadInput(
            "url.invalid", f"{url!a} is not an address such as https://assay.example.org."
        ) from None
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or port == 0:
        raise BadInput("url.invalid", f"{url!a} is not an address such as https://assay.example.org.")
    if parts.username is not None or parts.query or parts.fragment:
        raise BadInput("url.invalid", "The address must not hold a user, a password, a query or a fragment.")
    prefix = parts.path.rstrip("/")
    if not _PREFIX.fullmatch(prefix):
        raise BadInput("url.invalid", f"The path in {url!a} has characters that are not allowed there.")
    tls = parts.scheme == "https"
    if not tls and not insecure and not _is_this_machine(host):
        raise BadInput(
            "url.plain_http",
            "Over plain http anybody on the way could answer. Use https, or give --insecure to accept that.",
        )
    shown = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}{prefix}"
    return Site(host, port or (443 if tls else 80), tls, prefix, shown)


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _token(flags: Mapping[str, str | None], environ: Mapping[str, str]) -> str:
    if flags.get("oidc") is not None:
        if flags.get("token") is not None or flags.get("token_file") is not None:
            raise BadInput("token.twice", "A token and --oidc are both given. Leave one of them out.")
        return ""
    flagged = flags.get("token") is not None or flags.get("token_file") is not None
    literal = _value("--token", flags.get("token"), "ASSAY_TOKEN", {} if flagged else environ)
    path = _value("--token-file", flags.get("token_file"), "ASSAY_TOKEN_FILE", {} if flagged else environ)
    if literal is not None and path is not None:
        raise BadInput("token.twice", "A token and a token file are both given. Leave one of them out.")
    if path is not None:
        literal = _text_of(path, "token").strip()
    if literal is None:
        raise BadInput("token.missing", "Say who is asking: set ASSAY_TOKEN or ASSAY_TOKEN_FILE.")
    if not _TOKEN.fullmatch(literal):
        raise BadInput("token.invalid", "The token is not one line of visible ASCII characters.")
    return literal


def pinned_keys(flags: Mapping[str, str | None], environ: Mapping[str, str]) -> tuple[keys.PinnedKey, ...]:
    """The keys whose verdicts are believed; none when nothing is pinned."""
    given = _value("--key", flags.get("key"), "ASSAY_VERDICT_KEY", environ)
    if given is None:
        return ()
    try:
        return keys.parse(given if keys.looks_literal(given) else _text_of(given.strip(), "key"))
    except keys.BadKey as error:
        raise BadInput("key.invalid", f"The verdict key cannot be used: {error}") from None


def _text_of(path: str, what: str) -> str:
    """The text of a small file; a key may also have been meant literally, so that sentence covers both."""
    try:
        with Path(path).open("rb") as stream:
            return stream.read(65_536).decode("utf-8")
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or "it is not a text file"
        known = "is not a key, and as a file it" if what == "key" else "as a file"
        raise BadInput(
            f"{what}.unreadable", f"The {what} {path!a} {known} cannot be read: {cause}."
        ) from None
