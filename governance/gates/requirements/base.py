"""What every kind of demand has in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, ClassVar, Self

from governance.gates.spec import Dossier, Finding

DAYS: Mapping[str, Any] = {"type": "integer", "minimum": 1, "maximum": 3660}


class Place(IntEnum):
    """When the actions that clear a finding are due: earlier ones undo what later ones have achieved."""

    POLICY = 0
    PEOPLE = 1
    SYSTEM = 2
    DOCUMENTS = 3
    MODEL = 4
    EVIDENCE = 5
    STAGE = 6
    APPROVALS = 7
    REPORT = 8


class Requirement(ABC):
    """One demand of a policy. It looks at the facts only, and says of every part of itself how it stands."""

    name: ClassVar[str]  # its key in a policy
    params: ClassVar[Mapping[str, Any]]  # JSON Schema of what a policy writes under that key
    place: ClassVar[Place]
    of_systems: ClassVar[bool] = (
        False  # whether it can be asked of a system, which has no bytes, runs or votes
    )

    @classmethod
    @abstractmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote; `params` has passed the schema."""

    @classmethod
    def mistakes(cls, params: Mapping[str, Any]) -> Iterator[tuple[list[str | int], str]]:
        """What a schema cannot say about what a policy wrote: where, and what is wrong."""
        yield from ()

    @abstractmethod
    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """Every part of the demand, met or not. Never empty: a demand that says nothing is not met."""

    @property
    def frameworks(self) -> tuple[str, ...]:
        """The frameworks whose obligations it asks about."""
        return ()

    def holds_until(self, dossier: Dossier) -> datetime | None:
        """When time alone may turn something that is met into something that is not."""
        return None

    def disturbs(self, finding: Finding) -> bool:
        """Whether clearing the finding changes what votes are about, so that they must be cast again."""
        return False


def fresh(at: datetime, days: int | None, now: datetime) -> bool:
    """Whether something of that age still counts."""
    return days is None or now < at + timedelta(days=days)


def earliest(moments: list[datetime]) -> datetime | None:
    """The first of them, if there is any."""
    return min(moments, default=None)


def schema(properties: Mapping[str, Any], *required: str) -> Mapping[str, Any]:
    """The schema of an object with these properties and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
        "minProperties": 1,
    }


def words(values: Mapping[str, Any] | tuple[str, ...] | list[str]) -> Mapping[str, Any]:
    """The schema of a list of one or more different words."""
    return {"type": "array", "items": {"enum": sorted(values)}, "minItems": 1, "uniqueItems": True}
