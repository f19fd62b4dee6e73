"""Places over HTTP cannot hold us up or fill our memory, and no redirect is followed."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from registry.ledger.anchors import http
from registry.ledger.anchors.http import Address, NoAnswer
from tests.tsa import Server


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server(lambda body: (200, {"Content-Type": "text/plain; charset=utf-8"}, body))
    yield running
    running.stop()


def test_it_works(server: Server) -> None:
    found = Address.read(f"{server.url}?a=b").post(b"hello", {"X-Said": "yes"}, seconds=5)
    assert found == http.Answer(200, "text/plain", b"hello")
    assert server.asked[0]["x-said"] == "yes"


def test_more_than_an_answer_may_have_is_not_read(server: Server) -> None:
    assert Address.read(server.url).post(b"x" * http.LARGEST, {}, seconds=5).body
    with pytest.raises(NoAnswer, match="more than"):
        Address.read(server.url).post(b"x" * (http.LARGEST + 1), {}, seconds=5)


def test_a_redirect_is_an_answer_like_others(server: Server) -> None:
    server.answering = lambda _: (307, {"Location": server.url}, b"")
    assert Address.read(server.url).post(b"", {}, seconds=5).status == 307
    assert len(server.asked) == 1


def test_a_server_that_never_ends_is_cut_off(server: Server) -> None:
    """The limit is of the whole, not of each byte; the server answers only once we have gone."""
    gone = threading.Event()

    def wait(_: bytes) -> tuple[int, dict[str, Any], bytes]:
        gone.wait(30)
        return 200, {}, b""

    server.answering = wait
    with pytest.raises(NoAnswer):
        Address.read(server.url).post(b"", {}, seconds=0.2)
    gone.set()


@pytest.mark.parametrize("url", ["", "x", "ftp://x", "file:///etc/passwd", "http://", "https:///tsr"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not http"):
        Address.read(url)


def test_nobody_at_the_address_is_no_answer() -> None:
    with pytest.raises(NoAnswer, match="ConnectionRefusedError"):
        Address.read("http://127.0.0.1:9/").post(b"", {}, seconds=5)
