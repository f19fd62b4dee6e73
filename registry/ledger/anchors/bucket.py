"""A bucket of S3 or the like. The only module that imports boto3, and itself imported at first use only."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from registry.ledger.anchors.base import NotAnchored

LARGEST: Final = 100_000  # bytes of an object; a note has a few hundred
PAGES: Final = 10  # of a thousand versions each: more of one object is no accident
LOCK: Final = "COMPLIANCE"  # the kind that nobody shortens, the account's owner included
UNLOCKED: Final = {"ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration"}
TAKEN: Final = {"PreconditionFailed", "ConditionalRequestConflict"}


@dataclass(frozen=True)
class Version:
    """Where one version of an object lies."""

    key: str
    id: str


@dataclass(frozen=True)
class Stored:
    """What lies there, and until when nobody can take it away."""

    data: bytes
    locked_until: datetime | None


class Bucket:
    """The few things that we ask of it."""

    def __init__(self, name: str, seconds: float) -> None:
        self._name = name
        access = settings.ASSAY_S3
        patience = Config(
            connect_timeout=seconds,
            read_timeout=seconds,
            retries={"total_max_attempts": 1},  # it is tried again with the next checkpoint
            s3={"addressing_style": "path"} if access.endpoint else {},
        )
        with self._answering():
            self._client: Any = boto3.session.Session().client(
                "s3",
                endpoint_url=access.endpoint or None,
                region_name=access.region or None,
                aws_access_key_id=access.key or None,
                aws_secret_access_key=access.secret or None,
                config=patience,
            )

    def locks(self) -> bool:
        """Whether objects in it can be locked."""
        with self._answering():
            try:
                told = self._client.get_object_lock_configuration(Bucket=self._name)
            except ClientError as error:
                if _code(error) in UNLOCKED:
                    return False
                raise
        return bool(told.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled")

    def put(self, key: str, data: bytes, until: datetime) -> bool:
        """Write an object that is locked until then; False when one lies there already, which stays."""
        with self._answering():
            try:
                self._client.put_object(
                    Bucket=self._name,
                    Key=key,
                    Body=data,
                    ContentType="text/plain; charset=utf-8",
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=base64.b64encode(hashlib.sha256(data).digest()).decode(),
                    IfNoneMatch="*",
                    ObjectLockMode=LOCK,
                    ObjectLockRetainUntilDate=until,
                )
            except ClientError as error:
                if _code(error) in TAKEN:
                    return False
                raise
        return True

    def oldest(self, prefix: str) -> Version | None:
        """The version of the first object under a prefix that was written first; markers of deletion hide nothing."""
        found: Version | None = None
        for row in self._versions(prefix):
            if found is not None and found.key != row["Key"]:
                break
            found = Version(row["Key"], row["VersionId"])
        return found

    def get(self, version: Version) -> Stored:
        """One version, and how it is locked."""
        with self._answering():
            told = self._client.get_object(Bucket=self._name, Key=version.key, VersionId=version.id)
            data = told["Body"].read(LARGEST + 1)
        if len(data) > LARGEST:
            raise NotAnchored(f"{version.key} in the bucket {self._name} is larger than a checkpoint can be.")
        until = told.get("ObjectLockRetainUntilDate") if told.get("ObjectLockMode") == LOCK else None
        return Stored(data, until)

    def _versions(self, prefix: str) -> Iterator[dict[str, Any]]:
        """In the order of keys, and of each key the last version first."""
        page: dict[str, Any] = {}
        for _ in range(PAGES):
            more = {f"{one}Marker": page[f"Next{one}Marker"] for one in ("Key", "VersionId") if page}
            with self._answering():
                page = self._client.list_object_versions(Bucket=self._name, Prefix=prefix, **more)
            yield from page.get("Versions", ())
            if not page.get("IsTruncated"):
                return
        raise NotAnchored(f"The bucket {self._name} has too many versions under {prefix}.")

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            said = f"{_code(error)}: {error.response.get('Error', {}).get('Message', '')}"
            raise NotAnchored(f"The bucket {self._name} refuses. {said[:200]}") from error
        except (BotoCoreError, OSError, ValueError) as error:
            raise NotAnchored(f"The bucket {self._name} does not answer ({type(error).__name__}).") from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
