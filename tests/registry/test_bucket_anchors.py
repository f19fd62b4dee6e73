"""Buckets with object lock: a checkpoint counts when it lies there, unchanged, where nobody can take it away."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from moto.server import ThreadedMotoServer

from governance.anchors import BucketAccess, buckets
from registry.ledger import anchors as places
from registry.ledger import halts, safety
from registry.ledger.anchors import bucket as buckets_of_boto
from registry.ledger.anchors.base import Disagrees, NotAnchored
from registry.ledger.anchors.s3 import S3Anchor
from registry.ledger.checkpoint_models import LedgerAnchor, LedgerCheckpoint
from registry.services import anchors, checkpoints
from tests.cast import Cast
from tests.registry.ledger.lifted import lifted
from tests.registry.test_checkpoint_page import read
from tests.registry.test_checkpoints import append, folders, issued
from tests.registry.test_tampering_and_anchors import memory, restore

__all__ = ["folders"]
PLACE = "s3://locked/assay"


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadedMotoServer]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def s3(server: ThreadedMotoServer, settings: Any) -> Iterator[Any]:
    """Somebody who holds the key of the bucket; the bucket `locked` has object lock, `open` has none."""
    _, port = server.get_host_and_port()
    access = BucketAccess(f"http://127.0.0.1:{port}", "eu-central-1", "key", "secret", days=30)
    settings.ASSAY_S3, settings.ASSAY_LOG_ANCHORS = access, [PLACE]
    client = boto3.client(
        "s3",
        endpoint_url=access.endpoint,
        region_name=access.region,
        aws_access_key_id=access.key,
        aws_secret_access_key=access.secret,
    )
    where = {"LocationConstraint": access.region}
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True, CreateBucketConfiguration=where)
    client.create_bucket(Bucket="open", CreateBucketConfiguration=where)
    yield client
    client.close()
    _forget(server)


def _forget(server: ThreadedMotoServer) -> None:
    """Locked objects cannot be deleted, which is the point; the server itself is emptied."""
    connection = HTTPConnection(*server.get_host_and_port())
    connection.request("POST", "/moto-api/reset")
    assert connection.getresponse().status == 200
    connection.close()


def told(cast: Cast) -> anchors.Told:
    (one,) = anchors.anchor(cast.acme.pk)
    return one


def anchored(cast: Cast, count: int = 1) -> LedgerCheckpoint:
    append(cast, count)
    made = issued(cast)
    assert (told(cast).size, told(cast).failed) == (made.size, "")
    return made


def keys(s3: Any) -> list[str]:
    return [row["Key"] for row in s3.list_objects_v2(Bucket="locked").get("Contents", [])]


def key_of(made: LedgerCheckpoint) -> str:
    return S3Anchor(PLACE)._key(made.origin, made.size)


def test_it_works(cast: Cast, s3: Any) -> None:
    made = [anchored(cast), anchored(cast)]
    assert keys(s3) == [key_of(made[1]), key_of(made[0])]  # the newest stands first
    stored = s3.get_object(Bucket="locked", Key=key_of(made[0]))
    assert stored["Body"].read().decode() == made[0].note
    assert stored["ObjectLockMode"] == "COMPLIANCE"
    assert stored["ObjectLockRetainUntilDate"] > datetime.now(UTC) + timedelta(days=29)
    row = LedgerAnchor.objects.get(size=made[0].size)
    assert (row.kind, row.place) == ("s3", PLACE)
    assert row.reference.startswith(f"version {stored['VersionId']}, locked until ")
    assert places.configured()[0].newest(made[0].origin, "other") == [made[1].note]
    checkpoints.compare(cast.acme.pk)
    assert "Locked bucket" in read(cast)
    assert "agrees" in read(cast)


def test_the_request_asks_for_a_lock_a_checksum_and_no_overwriting(cast: Cast, s3: Any) -> None:
    asked: list[dict[str, Any]] = []
    bucket = buckets_of_boto.Bucket("locked", 5)
    bucket._client.meta.events.register(
        "before-send.s3.PutObject", lambda request, **_: asked.append(request.headers)
    )
    assert bucket.put("a", b"text", datetime(2099, 1, 1, tzinfo=UTC))
    (headers,) = [{name.lower(): str(value) for name, value in one.items()} for one in asked]
    assert headers["if-none-match"] in {"*", "b'*'"}
    assert "COMPLIANCE" in headers["x-amz-object-lock-mode"]
    assert "2099-01-01" in headers["x-amz-object-lock-retain-until-date"]
    checksum = base64.b64encode(hashlib.sha256(b"text").digest()).decode()
    assert checksum in headers["x-amz-checksum-sha256"]
    assert not bucket.put("a", b"other", datetime(2099, 1, 1, tzinfo=UTC))


def test_a_checkpoint_that_was_written_and_not_told_counts(cast: Cast, s3: Any) -> None:
    made = anchored(cast)
    with lifted():
        LedgerAnchor.objects.all().delete()
    assert told(cast).size == made.size
    assert len(s3.list_object_versions(Bucket="locked")["Versions"]) == 1


def test_a_bucket_without_object_lock_is_refused(cast: Cast, s3: Any, settings: Any) -> None:
    settings.ASSAY_LOG_ANCHORS = ["s3://open"]
    issued(cast)
    assert "has no object lock" in told(cast).failed
    assert "Contents" not in s3.list_objects_v2(Bucket="open")
    assert not LedgerAnchor.objects.exists()


@pytest.mark.parametrize("place", ["s3://missing", "s3://missing/assay"])
def test_a_bucket_that_is_not_there_keeps_nothing(cast: Cast, s3: Any, settings: Any, place: str) -> None:
    settings.ASSAY_LOG_ANCHORS = [place]
    issued(cast)
    assert "NoSuchBucket" in told(cast).failed
    assert not LedgerAnchor.objects.exists()


def test_without_a_network_nothing_is_anchored_and_the_page_says_so(
    cast: Cast, s3: Any, settings: Any
) -> None:
    anchored(cast)
    settings.ASSAY_S3 = replace(settings.ASSAY_S3, endpoint="http://127.0.0.1:9")
    append(cast)
    made = issued(cast)  # a place that does not answer stops no log
    assert "does not answer" in told(cast).failed
    assert not LedgerAnchor.objects.filter(size=made.size).exists()
    text = read(cast)
    assert "not taken" in text
    assert "not confirmed" in text


@pytest.mark.parametrize("data", [b"", b"other", b"x" * 200_000])
def test_an_object_that_lies_there_already_with_other_content_is_no_anchor(
    cast: Cast, s3: Any, data: bytes
) -> None:
    made = issued(cast)
    s3.put_object(Bucket="locked", Key=key_of(made), Body=data)
    assert told(cast).failed
    assert not LedgerAnchor.objects.exists()


def test_a_checkpoint_of_the_same_size_and_another_root_stops_the_log(cast: Cast, s3: Any) -> None:
    made = issued(cast)
    lines = made.note.split("\n")
    lines[2] = "A" * 43 + "="
    put(s3, made, "\n".join(lines).encode())
    assert "are not those of the checkpoint" in told(cast).failed
    assert halts.reason(cast.acme.pk)


def test_an_object_that_was_replaced_still_lies_there_as_it_was(cast: Cast, s3: Any) -> None:
    made = anchored(cast)
    s3.put_object(Bucket="locked", Key=key_of(made), Body=b"other")
    assert places.configured()[0].newest(made.origin) == [made.note]
    checkpoints.compare(cast.acme.pk)
    assert "agrees" in read(cast)


def test_an_object_that_was_deleted_is_found_behind_the_marker(cast: Cast, s3: Any) -> None:
    made = [anchored(cast), anchored(cast)]
    s3.delete_object(Bucket="locked", Key=key_of(made[1]))
    assert keys(s3) == [key_of(made[0])]
    assert places.configured()[0].newest(made[1].origin) == [made[1].note]
    version = LedgerAnchor.objects.get(size=made[1].size).reference.split()[1].rstrip(",")
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket="locked", Key=key_of(made[1]), VersionId=version)


def put(s3: Any, made: LedgerCheckpoint, data: bytes, mode: str = "COMPLIANCE", days: float = 30) -> None:
    until = datetime.now(UTC) + timedelta(days=days)
    lock = {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until} if mode else {}
    s3.put_object(Bucket="locked", Key=key_of(made), Body=data, ChecksumAlgorithm="SHA256", **lock)


@pytest.mark.parametrize("mode", ["", "GOVERNANCE"])
def test_a_checkpoint_that_is_not_locked_for_good_is_no_anchor(cast: Cast, s3: Any, mode: str) -> None:
    made = issued(cast)
    put(s3, made, made.note.encode(), mode)
    assert "is not locked" in told(cast).failed
    assert not LedgerAnchor.objects.exists()
    checkpoints.compare(cast.acme.pk)
    assert "not confirmed" in read(cast)


def test_a_checkpoint_whose_lock_has_ended_is_no_anchor(
    cast: Cast, s3: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = issued(cast)
    put(s3, made, made.note.encode())
    get = buckets_of_boto.Bucket.get
    past = datetime(2020, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(buckets_of_boto.Bucket, "get", lambda *asked: replace(get(*asked), locked_until=past))
    assert "locked until 2020-01-01 00:00 only" in told(cast).failed


def test_a_service_that_forgets_the_lock_or_the_object_keeps_nothing(
    cast: Cast, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued(cast)
    with monkeypatch.context() as lying:
        lying.setattr(buckets_of_boto.Bucket, "oldest", lambda *_: None)
        assert "does not have it" in told(cast).failed
    soon = datetime.now(UTC) + timedelta(days=1)
    get = buckets_of_boto.Bucket.get
    with monkeypatch.context() as lying:
        lying.setattr(buckets_of_boto.Bucket, "get", lambda *asked: replace(get(*asked), locked_until=soon))
        lying.setattr(buckets_of_boto.Bucket, "put", lambda *_: True)
        assert told(cast).failed
    assert not LedgerAnchor.objects.exists()


def test_a_copy_that_was_restored_and_continued_is_stopped(cast: Cast, s3: Any, folders: Path) -> None:
    size, copy = anchored(cast).size, memory(folders, cast).read_text()
    anchored(cast, 5)
    restore(cast, folders, (size, copy))
    append(cast, 9)
    with pytest.raises(Disagrees, match="are not those of the checkpoint"):
        checkpoints.issue(cast.acme.pk)
    assert halts.reason(cast.acme.pk)


def test_more_versions_than_can_be_looked_through_are_told(
    cast: Cast, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = anchored(cast)
    for _ in range(3):
        s3.delete_object(Bucket="locked", Key=key_of(made))
    monkeypatch.setattr(buckets_of_boto, "PAGES", 0)
    with pytest.raises(NotAnchored, match="too many versions"):
        places.configured()[0].newest(made.origin)


@pytest.mark.parametrize(
    "address", ["s3://", "s3://x", "s3://A_B", "s3://user:pw@locked", "s3://locked#x", "s3://locked?x"]
)
def test_an_address_that_is_none_is_refused(settings: Any, address: str) -> None:
    settings.ASSAY_LOG_ANCHORS = [address]
    with pytest.raises(ImproperlyConfigured, match="is not s3://BUCKET"):
        safety.refuse_unsafe()


def test_an_endpoint_that_is_none_is_told(settings: Any, cast: Cast) -> None:
    settings.ASSAY_LOG_ANCHORS = [PLACE]
    settings.ASSAY_S3 = BucketAccess("nonsense", "", "key", "secret", 30)
    issued(cast)
    assert "does not answer (ValueError)" in told(cast).failed


def test_keys_come_from_files_and_go_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "id").write_text("ID\n")
    (tmp_path / "secret").write_text("S3CRET\n")
    monkeypatch.setenv("ASSAY_S3_ACCESS_KEY_ID_FILE", str(tmp_path / "id"))
    with pytest.raises(ImproperlyConfigured, match="go together"):
        buckets()
    monkeypatch.setenv("ASSAY_S3_SECRET_ACCESS_KEY_FILE", str(tmp_path / "secret"))
    found = buckets()
    assert (found.key, found.secret, found.days) == ("ID", "S3CRET", 3650)
    assert "S3CRET" not in repr(found)


def test_a_size_of_any_log_stands_in_order() -> None:
    place = S3Anchor(PLACE)
    sizes = [0, 1, 9, 10, 999, 10**9, 10**12]
    assert sorted(place._key("o", size) for size in sizes) == [place._key("o", size) for size in sizes[::-1]]
