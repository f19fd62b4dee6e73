"""Facts about data and about what is written of them: snapshots, their measured quality, documents."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class DatasetFacts:
    """A dataset version that the model version was made from (`pinned`) or measured on.

    `schema_locked` says that a lock in force has exactly its columns.
    """

    id: str
    dataset: str
    version: str
    digest: str
    columns_digest: str
    pinned: bool
    author: str
    owner: str
    schema_locked: bool = False
    features: tuple[str, ...] = ()  # columns registered as features
    sensitive: tuple[str, ...] = ()
    registered_at: datetime | None = None


@dataclass(frozen=True)
class DocumentFacts:
    """The newest version of a document of the system, or of this model version.

    `missing` are sections its kind must have; `features` those it describes, or decides on, and `dropped` those of them
    that are to go.
    """

    id: str
    kind: str
    number: int
    digest: str
    author: str
    of_version: bool
    added_at: datetime
    missing: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class QualityCheckFacts:
    """One verdict of a data-quality run, with the bar that was sealed before. The bar is decimal text."""

    check: str
    bar: str
    verdict: str
    sentence: str


@dataclass(frozen=True)
class AssociationFacts:
    """How much a feature tells of the sensitive column of which it tells most, 0 to 1 as decimal text.

    The value is empty where it could not be measured.
    """

    feature: str
    sensitive: str
    value: str


@dataclass(frozen=True)
class QualityFacts:
    """A data-quality run that ended. `intact`: the stored result still has the digest it was recorded with."""

    id: str
    dataset_version: str
    state: str
    code_version: str
    starter: str
    requested_at: datetime
    finished_at: datetime
    result_digest: str
    intact: bool
    checks: tuple[QualityCheckFacts, ...]
    associations: tuple[AssociationFacts, ...]
