"""What all places have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from registry.errors import Unavailable
from registry.ledger.notes import Checkpoint


class NotAnchored(Unavailable):
    """The place did not take the checkpoint, or does not answer. It is tried again with the next one."""

    code = "log.not_anchored"


class Disagrees(Unavailable):
    """A place outside keeps another log than the database shows. Never retried: the log is stopped."""

    code = "log.anchor_disagrees"


class Recall(StrEnum):
    """How a place tells what it keeps."""

    READ = "read"  # the newest note is read back
    AGAIN = "again"  # it is given the last checkpoint again, and refuses one that is not what it keeps
    NONE = "none"  # it keeps nothing; what it gave is kept here


@dataclass(frozen=True)
class Sent:
    """A signed checkpoint on its way to a place.

    `known` is the size of the last one that this place took. `path` shows that a smaller tree begins this one.
    `longest` is the size of the log at this moment.
    """

    note: str
    checkpoint: Checkpoint
    known: int
    path: Callable[[int], list[bytes]]
    longest: Callable[[], int]


@dataclass(frozen=True)
class Kept:
    """Where the checkpoint lies now, and what the place gave to show for it."""

    reference: str
    evidence: str = ""


class Anchor(Protocol):
    """A place that keeps checkpoints."""

    kind: str
    recall: Recall
    seconds: float  # how long one step with it may take

    @property
    def place(self) -> str:
        """Which of the configured ones, without passwords."""

    def put(self, sent: Sent) -> Kept:
        """Keep a checkpoint; NotAnchored when it is not kept for certain, Disagrees when another log is kept."""

    def newest(self, *origins: str) -> list[str]:
        """The newest note that the place keeps of each of these logs, as far as it can be read back."""


def public(address: str) -> str:
    """An address without the name and the password in it, as it may be shown."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, fragment="").geturl()
