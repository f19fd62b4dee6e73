"""`assay witness`: a small witness for the logs of others, so that no log can show two histories unnoticed."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from assay_client import keys
from assay_client.log import cosigning, notes
from assay_client.outcomes import BadInput
from assay_client.terminal import Terminal, clean

if keys.AVAILABLE:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PATH = "/add-checkpoint"
LARGEST = 100_000  # bytes of a request
SECONDS = 10  # for a sender who says nothing


def add(commands: Any, epilog: str) -> None:
    """The command and its flags."""
    about = "Sign the heads of logs, each only if it continues the last one (C2SP tlog-witness)."
    made = commands.add_parser(
        "witness",
        help=about,
        description=about,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--name", required=True, help="what the witness is called, such as witness.example/w1")
    made.add_argument("--key", required=True, metavar="FILE", help="its private key; made if it is not there")
    made.add_argument(
        "--state", required=True, metavar="DIR", help="where it keeps the last head of each log"
    )
    made.add_argument(
        "--log",
        required=True,
        action="append",
        metavar="ORIGIN=VKEY",
        help="a log and a key that may sign its head; may be repeated",
    )
    made.add_argument("--listen", default="127.0.0.1:8040", metavar="HOST:PORT", help="default %(default)s")
    made.set_defaults(run=run)


def run(args: argparse.Namespace, _: Mapping[str, str], terminal: Terminal) -> int:
    """Answer until stopped."""
    if sys.platform == "win32" or not keys.AVAILABLE:
        raise BadInput("witness", "A witness needs Linux or macOS, and the package cryptography.")
    logs = _logs(args.log)
    state = Path(args.state)
    private = _private(Path(args.key))
    public = private.public_key().public_bytes_raw()
    vkey = cosigning.vkey_of(args.name, notes.COSIGNATURE, public)
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        witness = cosigning.Witness(notes.verifier_key(vkey), private.sign, logs, state, time.time)
        with _Server(_address(args.listen), _Handler) as server:
            server.witness, server.terminal = witness, terminal
            terminal.line(vkey)
            terminal.line(f"http://{server.server_address[0]!s}:{server.server_address[1]}{PATH}")
            server.serve_forever()
    except OSError as error:
        raise BadInput("witness", f"The witness cannot run: {error}.") from None
    except notes.BadVerifierKey as error:
        raise BadInput("name", f"A witness cannot be called {args.name!a}: {error}.") from None
    return 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    witness: cosigning.Witness
    terminal: Terminal


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = SECONDS
    server_version = "assay-witness"
    sys_version = ""

    def do_POST(self) -> None:
        """A checkpoint to be signed."""
        try:
            line = self.server.witness.add(self._body())
        except cosigning.Refused as refused:
            self._answer(refused.status, refused.text, refused.kind)
        except (OSError, ValueError, KeyError):
            # The state cannot be read or written: no signature, and the sender may try again.
            self._answer(500, "The witness cannot keep its state.\n")
        else:
            self._answer(200, line)

    def _body(self) -> bytes:
        if not self.path.endswith(PATH):
            raise cosigning.Refused(404, f"Post to {PATH}.\n")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and int(length) <= LARGEST):
            raise cosigning.Refused(400, "Say how long the request is; not more than 100 kB.\n")
        return self.rfile.read(int(length))

    def _answer(self, status: int, text: str, kind: str = "text/plain; charset=utf-8") -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *words: Any) -> None:
        """One line on standard error, nothing in it that a terminal would obey."""
        self.server.terminal.note(clean(f"{self.address_string()} {format % words}"))


def _logs(written: Sequence[str]) -> dict[str, list[notes.VerifierKey]]:
    found: dict[str, list[notes.VerifierKey]] = {}
    for one in written:
        origin, _, text = one.partition("=")
        try:
            key = notes.verifier_key(text)
        except notes.BadVerifierKey as error:
            raise BadInput("log", f"--log {one!a} is not ORIGIN=VKEY: {error}.") from None
        if not origin or key.kind != notes.ED25519:
            raise BadInput("log", f"--log {one!a} needs an origin and an Ed25519 key.")
        found.setdefault(origin, []).append(key)
    return found


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and int(port) < 1 << 16):
        raise BadInput("listen", f"--listen {text!a} is not HOST:PORT.")
    return host.strip("[]"), int(port)


def _private(path: Path) -> Ed25519PrivateKey:
    """The key in the file; a new one, for its owner's eyes only, where there is none."""
    try:
        if not path.exists():
            made = Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(made)
                os.fsync(file.fileno())
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise BadInput("key", f"The key {str(path)!a} cannot be used: {clean(str(error))}.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput("key", f"The key {str(path)!a} is not an Ed25519 key.")
    return key
