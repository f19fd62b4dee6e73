"""A real HTTP server on a free port that answers what a test tells it to, faults included."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object in the body."""
        document = json.loads(self.body)
        assert isinstance(document, dict)
        return document


class Handler(BaseHTTPRequestHandler):
    """Hands every request to the test's own function."""

    protocol_version = "HTTP/1.1"
    fake: FakeService

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the client hung up, as it should on a fault
            self.close_connection = True

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = b"" if self.fake.keep_bodies_unread else self.rfile.read(length)
        asked = Asked(self.command, self.path, dict(self.headers.items()), body)
        self.fake.asked.append(asked)
        self.close_connection = True
        self.fake.behaviour(self, asked)

    do_GET = do_POST = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def send_json(self, document: object, status: int = 200, kind: str = "application/json") -> None:
        """One ordinary JSON answer."""
        self.send_bytes(json.dumps(document).encode(), status, kind)

    def send_bytes(self, body: bytes, status: int = 200, kind: str = "application/json", **more: str) -> None:
        """One ordinary answer with these bytes."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def send_problem(self, status: int, code: str, detail: str) -> None:
        """One refusal in the shape all errors of the service have."""
        problem = {
            "type": "about:blank",
            "title": "Refused",
            "status": status,
            "code": code,
            "detail": detail,
        }
        self.send_json(problem, status, "application/problem+json")

    def send_raw(self, *pieces: bytes) -> None:
        """Bytes instead of HTTP."""
        for piece in pieces:
            self.wfile.write(piece)
        self.wfile.flush()


Behaviour = Callable[[Handler, Asked], None]


def silence(handler: Handler, asked: Asked) -> None:
    """Take the question and say nothing until the test is over."""
    handler.fake.over.wait(30)


class FakeService:
    """The server, its address, what it was asked, and the event that frees answers that hang."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.behaviour: Behaviour = lambda handler, asked: handler.send_problem(
            500, "none", "Not told what to say."
        )
        self.keep_bodies_unread = False
        self.over = threading.Event()
        handler = type("BoundHandler", (Handler,), {"fake": self})
        self._server = _QuietServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._scheme = "http"
        if context is not None:
            self._scheme = "https"
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        """The port it was given."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> FakeService:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _QuietServer(ThreadingHTTPServer):
    """A client that hangs up or refuses a certificate is what these tests are about, not an error to print."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing."""
