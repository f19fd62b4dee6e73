"""Who is acting. Every service takes an Actor first, so no change is ever made by nobody."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Limits:
    """What a token leaves of its bearer's roles. It can only take away: the roles are asked for as well."""

    expires_at: datetime
    scopes: frozenset[str] = frozenset()  # permissions; empty for all that the roles give
    system_id: Any = None  # the only system it reaches; None for all

    @property
    def narrow(self) -> bool:
        """Whether it takes anything away."""
        return bool(self.scopes) or self.system_id is not None

    def cover(self, permission: str) -> bool:
        """Whether the token may be used for this permission."""
        return not self.scopes or permission in self.scopes


@dataclass(frozen=True)
class Actor:
    """A person, a service account, or Assay itself carrying out what was requested before."""

    kind: str  # person | service | system
    id: str
    name: str
    user: Any = field(default=None, compare=False, repr=False)
    # A token works in the organisation it was issued for and nowhere else.
    organisation_id: Any = None
    # What else the token takes away; None in a session.
    limits: Limits | None = None
    # The human who answers for this account: of a second account or a service account somebody else's id.
    person_id: str = ""
    # Whether a person showed a second factor in this session, or when their token was issued. Who acts without a
    # session, as the operator on the command line does, is not asked.
    second_factor: bool = True

    @classmethod
    def of(
        cls,
        user: Any,
        organisation_id: Any = None,
        limits: Limits | None = None,
        *,
        second_factor: bool = True,
    ) -> "Actor":
        """The actor behind a signed-in user, or behind a token with the organisation it is for."""
        return cls(
            kind="service" if user.is_service else "person",
            id=str(user.pk),
            name=user.display_name,
            user=user,
            organisation_id=organisation_id,
            limits=limits,
            person_id=user.person_id,
            second_factor=second_factor,
        )

    @classmethod
    def system(cls, part: str) -> "Actor":
        """Assay's own worker, sweeper or checkpointer; it holds no permission of its own."""
        return cls(kind="system", id=part, name=f"Assay {part}")
