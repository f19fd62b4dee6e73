"""An OpenID provider for tests: it answers over HTTP, checks client, PKCE and address, and lies when told to."""

import base64
import hashlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

from tests.issuer import RSA, keys

CLIENT, SECRET = "assay", "only-the-two-of-us-know"


@dataclass
class Provider:
    """What it says about whoever signs in next, and what was asked of it."""

    url: str
    says: dict[str, Any] = field(default_factory=dict)  # about the person; None leaves a claim out
    userinfo: dict[str, Any] = field(default_factory=dict)
    issuer: str = ""  # what it calls itself; empty for its address
    key: Any = RSA
    alg: str = "RS256"
    asked: list[str] = field(default_factory=list)
    pending: dict[str, dict[str, str]] = field(default_factory=dict)

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer or self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys/{id(self)}",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def authorize(self, query: dict[str, str]) -> str:
        """The address to which the person's browser is sent back."""
        code = uuid.uuid4().hex
        self.pending[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> dict[str, Any] | None:
        """The tokens for a code; None refuses."""
        asked = self.pending.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET)
            or form.get("redirect_uri") != asked["redirect_uri"]
            or asked.get("code_challenge_method") != "S256"
            or asked.get("code_challenge") != base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        ):
            return None
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])}

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "subject-of-rita",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "email": "rita@example.org",
            "email_verified": True,
            **self.says,
        }
        known = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(known, self.key, algorithm=self.alg, headers={"kid": "rsa"})


@contextmanager
def serving() -> Iterator[Provider]:
    """A provider on a port of its own."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = urlsplit(self.path)
            provider.asked.append(place.path)
            if place.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(place.query).items()}
                return self.answer(302, {}, provider.authorize(query))
            pages: dict[str, Callable[[], dict[str, Any]]] = {
                "/.well-known/openid-configuration": provider.discovery,
                f"/keys/{id(provider)}": keys,
                "/userinfo": lambda: provider.userinfo,
            }
            found = pages.get(place.path)
            return self.answer(404, {}) if found is None else self.answer(200, found())

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found = provider.token({name: values[0] for name, values in parse_qs(body).items()})
            self.answer(400, {"error": "invalid_grant"}) if found is None else self.answer(200, found)

        def answer(self, status: int, said: dict[str, Any], to: str = "") -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            if to:
                self.send_header("Location", to)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Nothing to the console."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    provider = Provider(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
