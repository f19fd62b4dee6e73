"""Who is acting. Every service takes an Actor first, so no change is ever made by nobody."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Actor:
    """A person, a service account, or Assay itself carrying out what was requested before."""

    kind: str  # person | service | system
    id: str
    name: str
    user: Any = field(default=None, compare=False, repr=False)
    # A token works in the organisation it was issued for and nowhere else.
    organisation_id: Any = None

    @classmethod
    def of(cls, user: Any, organisation_id: Any = None) -> "Actor":
        """The actor behind a signed-in user, or behind a token with the organisation it is for."""
        kind = "service" if user.is_service else "person"
        return cls(
            kind=kind, id=str(user.pk), name=user.display_name, user=user, organisation_id=organisation_id
        )

    @classmethod
    def system(cls, part: str) -> "Actor":
        """Assay's own worker, sweeper or checkpointer; it holds no permission of its own."""
        return cls(kind="system", id=part, name=f"Assay {part}")
