"""Time stamps (RFC 3161): a real authority over real HTTP, and answers that prove nothing."""

import base64
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from assay_client import cli
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.core.exceptions import ImproperlyConfigured

from registry.ledger import safety
from registry.ledger.anchors.base import NotAnchored, Recall
from registry.ledger.anchors.stamps import NoStamp, Request, Stamp
from registry.ledger.anchors.timestamp import TimestampAnchor
from registry.ledger.checkpoint_models import LedgerAnchor, LedgerCheckpoint
from registry.services import anchors, checkpoints, exports, receipts
from tests.cast import Cast
from tests.registry.test_checkpoint_page import read
from tests.registry.test_checkpoints import append, folders, issued
from tests.registry.test_witnesses import sent
from tests.tsa import (
    PURPOSE,
    Authority,
    Holder,
    Server,
    needs_openssl,
    stamping,
)
from tests.tsa import (
    issued as issued_certificate,
)

__all__ = ["folders"]
pytestmark = needs_openssl
Swap = Callable[[bytes], bytes]
EMAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    root = issued_certificate(None, "Root of time")
    return Authority(tmp_path_factory.mktemp("tsa"), root, issued_certificate(root, "The hour of the day"))


@pytest.fixture
def server(authority: Authority) -> Iterator[Server]:
    running = Server(stamping(authority.reply))
    yield running
    running.stop()


@pytest.fixture
def place(server: Server, authority: Authority) -> TimestampAnchor:
    return TimestampAnchor(f"timestamp+{server.url}#{authority.roots}")


def refused(place: TimestampAnchor) -> str:
    with pytest.raises(NotAnchored) as error:
        place.put(sent())
    return error.value.message


def test_it_works(cast: Cast, server: Server, authority: Authority, settings: Any, tmp_path: Path) -> None:
    settings.ASSAY_LOG_ANCHORS = [f"timestamp+{server.url}#{authority.roots}"]
    made = issued(cast)
    (told,) = anchors.anchor(cast.acme.pk)
    assert (told.size, told.failed) == (made.size, "")
    row = LedgerAnchor.objects.get()
    assert (row.kind, row.place) == ("timestamp", f"timestamp+{server.url}")
    assert row.reference.startswith("stamp ")
    checkpoints.compare(cast.acme.pk)  # there is nothing to ask
    text = read(cast)
    assert "Time stamp" in text
    assert "It keeps nothing itself" in text
    asked = server.asked[0]
    assert (asked["content-type"], asked["accept"]) == (
        "application/timestamp-query",
        "application/timestamp-reply",
    )
    exported(cast, authority, made, tmp_path)


def exported(cast: Cast, authority: Authority, made: LedgerCheckpoint, folder: Path) -> None:
    """Anybody can verify the stamp of an export with OpenSSL; the client says that it cannot, and does not count it."""
    for _ in range(2):
        exports.export(cast.acme.pk, folder / "log")
    (stamp,) = (folder / "log" / "timestamps").glob("*.tsr")
    note = folder / "log" / "timestamps" / f"{made.size:012}.note"
    assert note.read_text() == made.note
    told: list[str | Path] = [
        "openssl",
        "ts",
        "-verify",
        "-in",
        stamp,
        "-data",
        note,
        "-CAfile",
        authority.roots,
    ]
    assert "Verification: OK" in subprocess.run(told, capture_output=True, text=True, check=True).stdout
    (key,) = receipts.ranges(cast.acme.pk)
    words = ["verify", "log", str(folder / "log"), "--key", key.vkey]
    assert cli.main(words) == 0
    assert cli.main([*words, "--anchor", str(stamp)]) not in {0, 1}


def test_a_name_and_a_password_are_told_to_the_authority_and_shown_to_nobody(
    server: Server, authority: Authority
) -> None:
    url = server.url.replace("http://", "http://bank:p%40ss@")
    place = TimestampAnchor(f"timestamp+{url}#{authority.roots}")
    place.put(sent())
    assert base64.b64decode(server.asked[0]["authorization"].split()[1]) == b"bank:p@ss"
    assert "bank" not in place.place
    assert place.newest("log.example") == []
    assert place.recall is Recall.NONE


# --- answers that an authority gives to another question ------------------------------------------------------------


def other_text(query: bytes) -> bytes:
    mine = Request.about(sent().note.encode())
    at = mine.body.index(b"\x04\x20") + 2  # an OCTET STRING of 32 bytes
    return query[:at] + bytes(32) + query[at + 32 :]


def other_nonce(query: bytes) -> bytes:
    return query[:-4] + bytes([query[-4] ^ 1]) + query[-3:]  # the nonce stands before `certReq TRUE`


def no_nonce(query: bytes) -> bytes:
    end = query[:-3].rindex(b"\x02", 0, len(query) - 8)
    kept = query[4:end] if query[1] == 0x82 else query[2:end]
    body = kept + query[-3:]
    return bytes([0x30, len(body)]) + body


@pytest.mark.parametrize(
    ("change", "words"),
    [(other_text, "another text"), (other_nonce, "another question"), (no_nonce, "stamp")],
)
def test_a_stamp_of_something_else_is_refused(
    place: TimestampAnchor, server: Server, authority: Authority, change: Swap, words: str
) -> None:
    server.answering = stamping(lambda query: authority.reply(change(query)))
    assert words in refused(place)


def test_an_old_answer_is_no_answer(place: TimestampAnchor, server: Server, authority: Authority) -> None:
    old = authority.reply(Request.about(sent().note.encode()).body)
    server.answering = stamping(lambda _: old)
    assert "another question" in refused(place)


@pytest.mark.parametrize("away", [timedelta(hours=1), -timedelta(hours=1), timedelta(days=365)])
def test_a_stamp_of_another_time_is_refused(
    place: TimestampAnchor, time_machine: Any, away: timedelta
) -> None:
    time_machine.move_to(datetime.now(UTC) + away)
    assert "and here it is" in refused(place)


def test_a_refusal_is_told_with_its_reason(server: Server, authority: Authority, tmp_path: Path) -> None:
    strict = Authority(tmp_path / "strict", authority.root, authority.signer, digests="sha512")
    server.answering = stamping(strict.reply)
    said = refused(TimestampAnchor(f"timestamp+{server.url}#{strict.roots}"))
    assert "refused with status 2" in said


# --- authorities that are not the pinned one ------------------------------------------------------------------------


def test_an_authority_under_another_root_is_refused(
    server: Server, authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "other.pem").write_bytes(issued_certificate(None, "Root of time").pem)
    assert "cannot be verified" in refused(TimestampAnchor(f"timestamp+{server.url}#{tmp_path}/other.pem"))


@pytest.mark.parametrize("days", [(-30, -1), (1, 30)])
def test_a_certificate_that_is_not_valid_now_is_refused(
    place: TimestampAnchor, server: Server, authority: Authority, tmp_path: Path, days: tuple[int, int]
) -> None:
    signer = issued_certificate(authority.root, "The hour", days=days)
    server.answering = stamping(Authority(tmp_path / "late", authority.root, signer).reply)
    assert "cannot be verified" in refused(place)


def test_a_certificate_of_somebody_who_may_issue_none_is_refused(
    place: TimestampAnchor, server: Server, authority: Authority, tmp_path: Path
) -> None:
    signer = issued_certificate(authority.signer, "The minute")
    chained = Authority(tmp_path / "chained", authority.root, signer)
    server.answering = stamping(chained.reply)
    assert "cannot be verified" in refused(place)


@pytest.mark.parametrize(
    ("name", "purposes", "critical"),
    [
        ("The hour of the day", (EMAIL,), True),
        ("The hour of the day 12", PURPOSE, False),
        ("The hour ", (*PURPOSE, EMAIL), True),
    ],
)
def test_a_certificate_for_another_purpose_is_refused(
    place: TimestampAnchor, server: Server, authority: Authority, name: str, purposes: Any, critical: bool
) -> None:
    """OpenSSL would not sign with it, so it is put into the place of the right one, of which no byte is signed."""
    false = issued_certificate(
        authority.root, name, key=authority.signer.key, purposes=purposes, critical=critical
    )
    server.answering = stamping(lambda query: exchanged(authority.reply(query), authority.signer, false))
    assert ("cannot be verified" if not critical else "not for time stamps alone") in refused(place)


def exchanged(reply: bytes, right: Holder, false: Holder) -> bytes:
    assert right.der in reply
    assert len(right.der) == len(false.der)
    return reply.replace(right.der, false.der)


# --- what is no answer ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (302, "application/timestamp-reply", b""),
        (500, "application/timestamp-reply", b""),
        (200, "text/html", b"<h1>Welcome</h1>"),
        (200, "application/timestamp-reply", b""),
        (200, "application/timestamp-reply", b"\x30\x03\x02\x01\x00"),
        (200, "application/timestamp-reply", b"\x30" * 5000),
        (200, "application/timestamp-reply", b"x" * 200_000),
    ],
)
def test_what_is_no_stamp_anchors_nothing(
    place: TimestampAnchor, server: Server, status: int, kind: str, body: bytes
) -> None:
    headers = {"Content-Type": kind, "Location": server.url}
    server.answering = lambda _: (status, headers, body)
    assert refused(place)
    assert len(server.asked) == 1  # nobody followed the redirect


def test_a_cut_answer_and_one_with_more_behind_it_are_refused(
    place: TimestampAnchor, server: Server, authority: Authority
) -> None:
    for change in (lambda one: one[:-1], lambda one: one + b"\0", lambda one: one[:100]):
        server.answering = stamping(lambda query, change=change: change(authority.reply(query)))  # type: ignore[misc]
        assert refused(place)


def test_an_authority_that_is_away_anchors_nothing(
    cast: Cast, server: Server, authority: Authority, settings: Any
) -> None:
    settings.ASSAY_LOG_ANCHORS = [f"timestamp+{server.url}#{authority.roots}"]
    server.stop()
    append(cast)
    issued(cast)
    assert "does not answer" in anchors.anchor(cast.acme.pk)[0].failed
    assert not LedgerAnchor.objects.exists()
    assert "not taken" in read(cast)


def test_whatever_is_changed_in_an_answer_it_says_nothing_else(authority: Authority) -> None:
    """One bit of each byte: a few bytes are signed by nobody and say nothing, such as numbers of versions."""
    request, now = Request.about(b"text"), datetime.now(UTC)
    answer, roots = authority.reply(request.body), [authority.root.certificate]
    right = request.answered(answer, roots, now)
    passed: list[Stamp] = []
    for at in range(len(answer)):
        changed = bytearray(answer)
        changed[at] ^= 1 << at % 8
        try:
            passed.append(request.answered(bytes(changed), roots, now))
        except NoStamp:
            continue
    assert set(passed) <= {right}
    assert len(passed) < 30


@pytest.mark.parametrize("text", ["", "no certificate"])
def test_roots_that_cannot_be_read_anchor_nothing(server: Server, tmp_path: Path, text: str) -> None:
    (tmp_path / "roots.pem").write_text(text)
    for path in (tmp_path / "roots.pem", tmp_path / "missing.pem"):
        assert "does not hold the root certificates" in refused(
            TimestampAnchor(f"timestamp+{server.url}#{path}")
        )
    assert not server.asked


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("timestamp+https://tsa.example/tsr", "full path"),
        ("timestamp+https://tsa.example/tsr#roots.pem", "full path"),
        ("timestamp+ftp://tsa.example/tsr#/roots.pem", "is not timestamp"),
    ],
)
def test_an_address_that_is_none_is_refused(settings: Any, address: str, words: str) -> None:
    settings.ASSAY_LOG_ANCHORS = [address]
    with pytest.raises(ImproperlyConfigured, match=words):
        safety.refuse_unsafe()
