"""A CI system for tests: publishes its keys over HTTP and signs identity tokens of jobs."""

import json
import threading
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

# Made once: a key takes a while.
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGERS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
SHORT = rsa.generate_private_key(public_exponent=65537, key_size=1024)


class Issuer:
    """One CI system. `asked` lists the addresses that were fetched from it."""

    def __init__(self, url: str, asked: list[str]) -> None:
        self.url, self.asked = url, asked

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What GitHub says about a job on main of bank/scorer; None leaves a claim out."""
        now = int(time.time())
        said = {
            "iss": self.url,
            "aud": "http://127.0.0.1:8000",
            "sub": "repo:bank/scorer:ref:refs/heads/main",
            "jti": uuid.uuid4().hex,
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "repository": "bank/scorer",
            "repository_id": "4711",
            "ref": "refs/heads/main",
            "environment": "production",
            "job_workflow_ref": "bank/scorer/.github/workflows/deploy.yml@refs/heads/main",
            **changes,
        }
        return {name: value for name, value in said.items() if value is not None}

    def token(
        self, *, key: Any = RSA, alg: str = "RS256", kid: str = "rsa", headers: Any = None, **changes: Any
    ) -> str:
        """A signed token."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a key that is too short is made on purpose
            return jwt.encode(
                self.claims(**changes), key, algorithm=alg, headers={"kid": kid, **(headers or {})}
            )


def keys() -> dict[str, Any]:
    """The public keys, as an issuer publishes them."""
    rows = [
        {**json.loads(RSAAlgorithm.to_jwk(RSA.public_key())), "kid": "rsa", "alg": "RS256", "use": "sig"},
        {**json.loads(ECAlgorithm.to_jwk(EC.public_key())), "kid": "ec", "alg": "ES256", "use": "sig"},
        {**json.loads(RSAAlgorithm.to_jwk(SHORT.public_key())), "kid": "short", "use": "sig"},
    ]
    return {"keys": rows}


@contextmanager
def serving() -> Iterator[Issuer]:
    """An issuer on a port of its own."""
    asked: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps(keys()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Nothing to the console."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Issuer(f"http://127.0.0.1:{server.server_address[1]}", asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
