"""Every way in which an answer can fail to be one: never exit 0, always in time, always with a reason."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
from assay_client import outcomes

from tests.client.command import Command
from tests.client.service import Asked, FakeService, Handler, silence
from tests.client.verdicts import answer

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Make = Callable[[dict[str, Any]], object]


def good(asked: Asked) -> bytes:
    return json.dumps(answer(asked.document)).encode()


def drip(handler: Handler, data: bytes) -> None:
    """A byte now and then, so that no single read ever times out."""
    for byte in data:
        if handler.fake.over.wait(0.05):
            return
        handler.send_raw(bytes([byte]))


def drip_body(handler: Handler, asked: Asked) -> None:
    handler.send_raw(HEAD, b"\r\n")
    drip(handler, b" " * 900)


def flood(handler: Handler, head: bytes, piece: bytes) -> None:
    handler.send_raw(head)
    while not handler.fake.over.is_set():
        handler.send_raw(piece)


def twice(asked: Asked) -> bytes:
    return good(asked).replace(b'"verdict": "allow"', b'"verdict": "deny", "verdict": "allow"')


def sized(body: bytes, more: bytes = b"") -> bytes:
    return HEAD + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


# name -> (what happens on the wire, code of the reason)
WRONG_WIRES: dict[str, tuple[Callable[[Handler, Asked], None], str]] = {
    "500": (lambda h, a: h.send_problem(500, "error", "Broken."), "http.500"),
    "500 with an allow in it": (lambda h, a: h.send_bytes(good(a), 500), "http.500"),
    "502 without a body": (lambda h, a: h.send_bytes(b"", 502, "text/html"), "http.502"),
    "503 as a page": (lambda h, a: h.send_bytes(b"<html>", 503, "text/html"), "http.503"),
    "504": (lambda h, a: h.send_bytes(b"", 504), "http.504"),
    "429": (lambda h, a: h.send_problem(429, "throttled", "Too many requests."), "http.429"),
    "408": (lambda h, a: h.send_bytes(b"", 408), "http.408"),
    "201": (lambda h, a: h.send_bytes(good(a), 201), "http.201"),
    "202": (lambda h, a: h.send_bytes(good(a), 202), "http.202"),
    "203": (lambda h, a: h.send_bytes(good(a), 203), "http.203"),
    "204": (lambda h, a: h.send_raw(b"HTTP/1.1 204 No Content\r\n\r\n"), "http.204"),
    "206": (lambda h, a: h.send_bytes(good(a), 206), "http.206"),
    "302 to an allow": (lambda h, a: h.send_bytes(good(a), 302, Location="/allow"), "answer.redirect"),
    "307 to an allow": (lambda h, a: h.send_bytes(good(a), 307, Location="/allow"), "answer.redirect"),
    "304": (lambda h, a: h.send_raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"), "answer.redirect"),
    "101": (lambda h, a: h.send_raw(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), "http.101"),
    "status 999": (lambda h, a: h.send_raw(b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"), "http.999"),
    "a sign-in page": (
        lambda h, a: h.send_bytes(b"<html>Sign in</html>", 200, "text/html"),
        "answer.content_type",
    ),
    "an allow called text": (lambda h, a: h.send_bytes(good(a), 200, "text/plain"), "answer.content_type"),
    "an allow called a problem": (
        lambda h, a: h.send_bytes(good(a), 200, "application/problem+json"),
        "answer.content_type",
    ),
    "an allow called nothing": (
        lambda h, a: h.send_raw(b"HTTP/1.1 200 OK\r\n\r\n" + good(a)),
        "answer.content_type",
    ),
    "no body": (lambda h, a: h.send_bytes(b""), "answer.not_json"),
    "half the JSON": (lambda h, a: h.send_bytes(good(a)[:-20]), "answer.not_json"),
    "JSON cut by the close": (lambda h, a: h.send_raw(HEAD, b"\r\n", good(a)[:-1]), "answer.not_json"),
    "two documents": (lambda h, a: h.send_bytes(good(a) + good(a)), "answer.not_json"),
    "a tail": (lambda h, a: h.send_bytes(good(a) + b"<!-- -->"), "answer.not_json"),
    "a name twice": (lambda h, a: h.send_bytes(twice(a)), "answer.not_json"),
    "NaN": (lambda h, a: h.send_bytes(good(a)[:-1] + b', "x": NaN}'), "answer.not_json"),
    "1e999": (lambda h, a: h.send_bytes(good(a)[:-1] + b', "x": 1e999}'), "answer.not_json"),
    "a number of a million digits": (
        lambda h, a: h.send_bytes(good(a)[:-1] + b', "x": ' + b"9" * 900_000 + b"}"),
        "answer.not_json",
    ),
    "UTF-16": (lambda h, a: h.send_bytes(good(a).decode().encode("utf-16")), "answer.not_json"),
    "a byte order mark": (lambda h, a: h.send_bytes(b"\xef\xbb\xbf" + good(a)), "answer.not_json"),
    "bytes that are no text": (lambda h, a: h.send_bytes(b"\xff\xfe\x00"), "answer.not_json"),
    "very deep JSON": (lambda h, a: h.send_bytes(b"[" * 400_000), "answer.not_json"),
    "a megabyte too much": (
        lambda h, a: h.send_bytes(good(a)[:-1] + b', "x": "' + b"x" * 1_000_000 + b'"}'),
        "answer.too_large",
    ),
    "an endless body": (lambda h, a: flood(h, HEAD + b"\r\n", b" " * 65536), "answer.too_large"),
    "endless chunks": (
        lambda h, a: flood(
            h, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b" " * 4096 + b"\r\n"
        ),
        "answer.too_large",
    ),
    "compressed": (
        lambda h, a: h.send_bytes(gzip.compress(good(a)), Content_Encoding="gzip"),
        "answer.encoding",
    ),
    "fewer bytes than announced": (
        lambda h, a: h.send_raw(HEAD + b"Content-Length: 99999\r\n\r\n" + good(a)),
        "answer.truncated",
    ),
    "chunks cut short": (
        lambda h, a: h.send_raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"ffff\r\n", good(a)),
        "answer.truncated",
    ),
    "chunks of no size": (
        lambda h, a: h.send_raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"allow\r\n", good(a)),
        "answer.truncated",
    ),
    "two lengths": (
        lambda h, a: h.send_raw(sized(good(a), b"Content-Length: 5\r\n")),
        "answer.length",
    ),
    "a length and chunks": (
        lambda h, a: h.send_raw(sized(b"0\r\n\r\n", b"Transfer-Encoding: chunked\r\n")),
        "answer.length",
    ),
    "a length below zero": (
        lambda h, a: h.send_raw(HEAD + b"Content-Length: -1\r\n\r\n" + good(a)),
        "answer.truncated",
    ),
    "the JSON without HTTP": (lambda h, a: h.send_raw(good(a)), "answer.not_http"),
    "another protocol": (lambda h, a: h.send_raw(b"SSH-2.0-OpenSSH_9.9\r\n"), "answer.not_http"),
    "a line of a megabyte": (lambda h, a: h.send_raw(b"HTTP/1.1 200 " + b"O" * 1_000_000), "answer.not_http"),
    "a thousand headers": (
        lambda h, a: h.send_raw(HEAD + b"X-Header: x\r\n" * 1000 + sized(good(a))[len(HEAD) :]),
        "answer.not_http",
    ),
    "nothing at all": (lambda h, a: None, "answer.not_http"),
    "silence": (silence, "service.timeout"),
    "a header that drips": (lambda h, a: drip(h, HEAD * 20), "service.timeout"),
    "a body that drips": (drip_body, "service.timeout"),
    "continue for ever": (
        lambda h, a: flood(h, b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
        "service.timeout",
    ),
}


@pytest.mark.parametrize("name", WRONG_WIRES)
def test_a_fault_on_the_wire_blocks_in_time(service: FakeService, assay: Command, name: str) -> None:
    service.behaviour, reason = WRONG_WIRES[name]
    seconds = "1" if reason == "service.timeout" else "20"
    ran = assay.gate("--json", "--timeout", seconds)
    assert ran.code == outcomes.UNUSABLE
    assert ran.document["error"]["code"] == reason
    assert ran.seconds < float(seconds) + 0.5
    assert "Treated as blocked." in ran.err
    assert len(service.asked) == 1, "redirects are not followed and nothing is asked twice"


def test_the_same_answer_without_a_fault_allows(service: FakeService, assay: Command) -> None:
    service.behaviour = lambda handler, asked: handler.send_bytes(good(asked))
    assert assay.gate().code == outcomes.ALLOWED


def test_a_chunked_answer_allows(service: FakeService, assay: Command) -> None:
    def behave(handler: Handler, asked: Asked) -> None:
        body = good(asked)
        handler.send_raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        handler.send_raw(b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")

    service.behaviour = behave
    assert assay.gate().code == outcomes.ALLOWED


def test_an_answer_that_was_good_before_blocks_when_replayed(service: FakeService, assay: Command) -> None:
    kept: list[bytes] = []

    def behave(handler: Handler, asked: Asked) -> None:
        kept.append(good(asked))
        handler.send_bytes(kept[0])

    service.behaviour = behave
    assert assay.gate().code == outcomes.ALLOWED
    assert assay.gate().code == outcomes.UNUSABLE


def test_a_closed_port_blocks(assay: Command) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    ran = assay.gate(ASSAY_URL=f"http://127.0.0.1:{port}")
    assert ran.code == outcomes.UNUSABLE
    assert "connection refused" in ran.err


def test_an_unknown_name_blocks(assay: Command) -> None:
    ran = assay.gate("--timeout", "10", ASSAY_URL="https://assay.invalid")
    assert ran.code == outcomes.UNUSABLE
    assert ran.seconds < 10.5


def test_a_name_look_up_that_hangs_blocks_in_time(assay: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeService() as holder:

        def hang(*args: object, **kwargs: object) -> None:
            holder.over.wait(10)
            raise socket.gaierror(-2, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", hang)
        ran = assay.gate("--timeout", "1", ASSAY_URL="https://assay.invalid")
    assert ran.code == outcomes.UNUSABLE
    assert ran.seconds < 1.5


def test_a_port_that_never_accepts_blocks_in_time(assay: Command) -> None:
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        ran = assay.gate("--timeout", "1", ASSAY_URL=f"http://127.0.0.1:{listener.getsockname()[1]}")
    assert ran.code == outcomes.UNUSABLE
    assert ran.seconds < 1.5


@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 451])
def test_a_refusal_that_is_not_the_services_own_still_blocks(
    service: FakeService, assay: Command, status: int
) -> None:
    service.behaviour = lambda handler, asked: handler.send_bytes(b"<html>", status, "text/html")
    ran = assay.gate()
    assert ran.code == outcomes.BAD_INPUT
    assert f"status {status}" in ran.err


def test_a_bug_in_the_client_blocks(
    service: FakeService, assay: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret-of-the-stack")

    monkeypatch.setattr("assay_client.verdict.believe", broken)
    service.behaviour = lambda handler, asked: handler.send_bytes(good(asked))
    ran = assay.gate()
    assert ran.code == outcomes.UNUSABLE
    assert "RuntimeError" in ran.err
    assert "secret-of-the-stack" not in ran.err
