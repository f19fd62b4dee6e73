"""A bucket whose objects are locked: an object per checkpoint, which nobody deletes or replaces before its time.

boto3 is loaded with the module `bucket`, at the first use: a web process only asks what the place is called.
"""

import re
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from registry.ledger import notes
from registry.ledger.anchors.base import Disagrees, Kept, NotAnchored, Recall, Sent
from registry.ledger.notes import Checkpoint

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_HIGHEST: Final = 10**13 - 1
_SLACK: Final = timedelta(minutes=1)  # a bucket may cut seconds off a date


class S3Anchor:
    """`s3://BUCKET/PREFIX`, with object lock in compliance mode; without it the bucket is refused."""

    kind = "s3"
    recall = Recall.READ
    seconds: float = 15

    def __init__(self, address: str) -> None:
        self.place = address
        parts = urlsplit(address)
        if not _NAME.fullmatch(parts.netloc) or parts.query or parts.fragment:
            raise ValueError(f"{address} is not s3://BUCKET or s3://BUCKET/PREFIX.")
        self._name = parts.netloc
        self._prefix = f"{parts.path.strip('/')}/" if parts.path.strip("/") else ""

    def put(self, sent: Sent) -> Kept:
        """Write an object of its own for the checkpoint, and read back that it lies there, locked for long enough."""
        key = self._key(sent.checkpoint.origin, sent.checkpoint.size)
        now = timezone.now()
        until = now + timedelta(days=settings.ASSAY_S3.days)
        bucket = self._bucket()
        if not bucket.locks():
            raise NotAnchored(
                f"The bucket {self._name} has no object lock, so what lies there could be deleted. Make a new one"
                " with object lock: most services allow that only then."
            )
        is_new = bucket.put(key, sent.note.encode(), until)
        version = bucket.oldest(key)
        if version is None or version.key != key:
            raise NotAnchored(f"{self.place} took the checkpoint, but does not have it.")
        stored = bucket.get(version)
        self._must_be(sent, stored.data)
        self._must_last(stored.locked_until, until - _SLACK if is_new else now)
        return Kept(f"version {version.id}, locked until {stored.locked_until:%Y-%m-%d}: {key}")

    def newest(self, *origins: str) -> list[str]:
        """The version of the newest object of each log that was written first: the one that is locked."""
        bucket, found = self._bucket(), []
        for origin in origins:
            version = bucket.oldest(self._folder(origin))
            if version is not None:
                stored = bucket.get(version)
                self._must_last(stored.locked_until, timezone.now())
                found.append(stored.data.decode(errors="replace"))
        return found

    def _bucket(self) -> Any:
        return import_string("registry.ledger.anchors.bucket.Bucket")(self._name, self.seconds)

    def _folder(self, origin: str) -> str:
        return f"{self._prefix}{quote(origin, safe='')}/"

    def _key(self, origin: str, size: int) -> str:
        """The first number counts down: keys are listed in order, so the newest checkpoint stands first."""
        return f"{self._folder(origin)}{_HIGHEST - size:013}-{size}.note"

    def _must_be(self, sent: Sent, data: bytes) -> None:
        """What lies there is this checkpoint; Disagrees where it is another one of the same size."""
        if data == sent.note.encode():
            return
        try:
            told = Checkpoint.read(notes.parse(data.decode()).text)
        except ValueError:
            told = sent.checkpoint
        mine = sent.checkpoint
        if (told.origin, told.size) == (mine.origin, mine.size) and told.root != mine.root:
            raise Disagrees(
                f"The {mine.size} entries of this log are not those of the checkpoint that {self.place} keeps."
            )
        raise NotAnchored(f"{self.place} keeps something else where this checkpoint belongs.")

    def _must_last(self, locked_until: datetime | None, until: datetime) -> None:
        if locked_until is None:
            raise NotAnchored(f"{self.place} keeps a checkpoint that is not locked, so it could be replaced.")
        if locked_until < until:
            raise NotAnchored(
                f"{self.place} keeps a checkpoint that is locked until {locked_until:%Y-%m-%d %H:%M} only, so it could"
                " be replaced."
            )
