"""One HTTP exchange with the service, or the reason why there was none.

Never longer than the time allowed, and never more than LIMIT bytes: name look-up, TLS and a server that drips
one byte a second included. Redirects are not followed and proxy variables are not read, because either would
let something other than the configured address give the answer.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from assay_client.outcomes import Stop, Unusable

LIMIT = 1_000_000
BLOCK = 65_536
TOO_SLOW = "{site} gave no complete answer in time; --timeout gives it longer."


@dataclass(frozen=True)
class Site:
    """Where the service is: the parts of its address, already checked."""

    host: str
    port: int
    tls: bool
    prefix: str
    shown: str


@dataclass(frozen=True)
class Call:
    """One request: what is sent, whole."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: Iterable[bytes] = ()


@dataclass(frozen=True)
class Reply:
    """One complete answer, whatever it says."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


def exchange(site: Site, call: Call, seconds: float) -> Reply:
    """Send the call and return the complete answer within so many seconds, or raise Unusable."""
    attempt = _Attempt(site, call, seconds)
    attempt.start()
    attempt.join(max(seconds, 0.0))
    if attempt.is_alive():
        attempt.abandon()
        raise Unusable("service.timeout", TOO_SLOW.format(site=site.shown))
    if attempt.error is not None:
        raise _explained(site, attempt.error)
    if attempt.reply is None:
        raise Unusable("service.no_answer", f"{site.shown} gave no answer.")
    return attempt.reply


class _Attempt(threading.Thread):
    """The exchange in a thread of its own: a name look-up cannot be given a time limit in any other way."""

    def __init__(self, site: Site, call: Call, seconds: float) -> None:
        super().__init__(name="assay-exchange", daemon=True)
        self._site, self._call, self._seconds = site, call, max(seconds, 0.01)
        self._socket: socket.socket | None = None
        self.reply: Reply | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.reply = self._talk()
        except BaseException as error:  # carried to the caller, who decides
            self.error = error

    def abandon(self) -> None:
        """Wake the thread out of whatever it waits for."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _talk(self) -> Reply:
        connection = _connection(self._site, self._seconds)
        try:
            connection.connect()
            self._socket = connection.sock
            _send(connection, self._call)
            with connection.getresponse() as response:
                return _read(response)
        finally:
            connection.close()


def _connection(site: Site, seconds: float) -> http.client.HTTPConnection:
    if not site.tls:
        return http.client.HTTPConnection(site.host, site.port, timeout=seconds)
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return http.client.HTTPSConnection(site.host, site.port, timeout=seconds, context=context)


def _send(connection: http.client.HTTPConnection, call: Call) -> None:
    connection.putrequest(call.method, call.target, skip_accept_encoding=True)
    for name, value in call.headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    # A server may refuse an upload half-way and close; the answer it left says why, so read it.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for block in call.body:
            connection.send(block)


def _read(response: http.client.HTTPResponse) -> Reply:
    headers = {name.lower(): value for name, value in response.getheaders()}
    lengths = response.headers.get_all("Content-Length") or []
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise Unusable("answer.encoding", f"The answer is compressed ({encoding}), which was not asked for.")
    if len(lengths) > 1 or (lengths and "transfer-encoding" in headers):
        raise Unusable("answer.length", "The answer contradicts itself about its length.")
    body = _read_body(response)
    if lengths and response.status not in (204, 304) and lengths[0].strip() != str(len(body)):
        raise Unusable(
            "answer.truncated",
            f"The answer was cut off: {len(body)} bytes came, {lengths[0]} were announced.",
        )
    return Reply(response.status, headers, body)


def _read_body(response: http.client.HTTPResponse) -> bytes:
    blocks, size = [], 0
    while block := response.read(BLOCK):
        size += len(block)
        if size > LIMIT:
            raise Unusable("answer.too_large", f"The answer is longer than {LIMIT} bytes.")
        blocks.append(block)
    return b"".join(blocks)


def _explained(site: Site, error: BaseException) -> BaseException:
    """What went wrong on the way, as a sentence; a programming error is handed on as it is."""
    if isinstance(error, Stop):
        return error
    for kind, code, sentence in _CAUSES:
        if isinstance(error, kind):
            return Unusable(code, sentence.format(site=site.shown, cause=_cause(error)))
    return error


def _cause(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return getattr(error, "strerror", None) or type(error).__name__


# Most particular first: a certificate error is also an SSLError, an SSLError also an OSError.
_CAUSES: tuple[tuple[type[BaseException], str, str], ...] = (
    (ssl.SSLCertVerificationError, "service.certificate", "The certificate of {site} is not valid: {cause}."),
    (ssl.SSLError, "service.tls", "No secure connection to {site} could be made: {cause}."),
    (socket.gaierror, "service.name", "The name of {site} cannot be looked up: {cause}."),
    (socket.timeout, "service.timeout", TOO_SLOW),
    (ConnectionRefusedError, "service.refused", "Nothing answers at {site}: connection refused."),
    (http.client.IncompleteRead, "answer.truncated", "The answer of {site} was cut off."),
    (http.client.HTTPException, "answer.not_http", "{site} did not answer in valid HTTP ({cause})."),
    (OSError, "service.connection", "The connection to {site} failed: {cause}."),
    (UnicodeError, "service.name", "The name of {site} cannot be looked up: it is not a valid host name."),
)
