"""Asking a place over HTTP: no redirect is followed, no answer is read without end, and no server can hold us up."""

import socket
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Timer
from time import monotonic
from typing import Final, Self
from urllib.parse import urlsplit

LARGEST: Final = 100_000  # bytes of an answer
_PORTION: Final = 8192


class NoAnswer(Exception):
    """Nobody answered, or not in the form of HTTP, or too much, or too slowly."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    kind: str  # the content type, without parameters
    body: bytes


@dataclass(frozen=True)
class Address:
    """Where to ask."""

    secure: bool
    host: str
    port: int | None
    path: str

    @classmethod
    def read(cls, url: str) -> Self:
        """The address in a text; ValueError when it is none of http or https."""
        parts = urlsplit(url)
        if parts.scheme not in {"https", "http"} or not parts.hostname:
            raise ValueError(f"{parts.scheme or url} is not http or https.")
        query = f"?{parts.query}" if parts.query else ""
        return cls(parts.scheme == "https", parts.hostname, parts.port, f"{parts.path or '/'}{query}")

    def post(self, body: bytes, headers: dict[str, str], *, seconds: float) -> Answer:
        """Send something and read the whole answer; NoAnswer when that takes longer, or what comes is none."""
        kind = HTTPSConnection if self.secure else HTTPConnection
        connection = kind(self.host, self.port, timeout=seconds)
        # The timeout of a socket begins anew with each byte, so a server could send one now and then, for ever.
        end, watch = monotonic() + seconds, Timer(seconds, _cut, [connection])
        watch.daemon = True
        watch.start()
        try:
            connection.request("POST", self.path, body, headers)
            with connection.getresponse() as answer:
                found = Answer(answer.status, answer.headers.get_content_type(), _read(answer))
        except (OSError, HTTPException, ValueError) as error:
            raise NoAnswer(type(error).__name__) from error
        finally:
            watch.cancel()
            connection.close()
        if monotonic() >= end:
            raise NoAnswer("too slow")
        return found


def _cut(connection: HTTPConnection) -> None:
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _read(answer: HTTPResponse) -> bytes:
    found = bytearray()
    while portion := answer.read1(_PORTION):
        found += portion
        if len(found) > LARGEST:
            raise NoAnswer("more than an answer may have")
    return bytes(found)
