"""Which places outside keep checkpoints of the logs, and how they let us in."""

import re
from dataclasses import dataclass, field

from django.core.exceptions import ImproperlyConfigured

from governance import env


@dataclass(frozen=True)
class BucketAccess:
    """How buckets are reached; what is empty is left to the machine: its role, its region."""

    endpoint: str  # of a service other than AWS
    region: str
    key: str
    secret: str = field(repr=False)
    days: int  # for which each checkpoint is locked


def places() -> list[str]:
    """Their addresses, read as a secret, for passwords may stand in them; in a file also one a line."""
    found = re.split(r"[,\n]", env.secret("ASSAY_LOG_ANCHORS", ""))
    return [address.strip() for address in found if address.strip()]


def buckets() -> BucketAccess:
    """The access to buckets with object lock."""
    found = BucketAccess(
        endpoint=env.text("ASSAY_S3_ENDPOINT_URL", ""),
        region=env.text("ASSAY_S3_REGION", ""),
        key=env.secret("ASSAY_S3_ACCESS_KEY_ID", ""),
        secret=env.secret("ASSAY_S3_SECRET_ACCESS_KEY", ""),
        days=env.number("ASSAY_S3_LOCK_DAYS", 3650, low=1),
    )
    if bool(found.key) != bool(found.secret):
        raise ImproperlyConfigured(
            "ASSAY_S3_ACCESS_KEY_ID and ASSAY_S3_SECRET_ACCESS_KEY go together: set both or none."
        )
    return found
