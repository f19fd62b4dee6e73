"""A line of what is due, and whose lines are looked for; the policies and roles behind them are read once."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Final

from django.db.models import QuerySet

from governance.gates.dates import Reminding
from governance.gates.policy import Policy as Rules
from governance.gates.policy import parse
from governance.gates.requirements.approvals import VOTING_ROLES
from governance.models import Policy, PolicyState
from registry.actors import Actor
from registry.errors import Invalid
from registry.models import Organisation, RoleGrant, System

KINDS: Final[dict[str, str]] = {
    "review": "Periodic review",
    "approval": "Approval asked for",
    "condition": "Condition of an approval",
    "waiver": "Waiver that ends",
    "break_glass": "Review of an emergency release",
    "issue": "Finding or incident",
}


@dataclass(frozen=True)
class Due:
    """One thing to do by a day. People are told from `warn_at` on; whom it is left with is in `people`."""

    kind: str
    subject_id: uuid.UUID
    system: System
    what: str
    todo: str
    due_at: datetime
    warn_at: datetime
    escalate_at: datetime
    people: frozenset[uuid.UUID]
    url: str

    @property
    def label(self) -> str:
        """The kind in words."""
        return KINDS[self.kind]

    @property
    def order(self) -> tuple[str, str, str]:
        """Soonest first, and always in one order."""
        return (self.due_at.isoformat(), self.kind, str(self.subject_id))


class Scope:
    """Whose lines: those that exist for an actor, or all of an organisation."""

    def __init__(self, *, actor: Actor | None = None, organisation: Organisation | None = None) -> None:
        self.actor, self.organisation = actor, organisation

    def rows(self, model: Any) -> QuerySet[Any]:
        """The rows of a model within it."""
        rows: QuerySet[Any] = model.objects.all()
        if self.actor is not None:
            rows = model.objects.visible_to(self.actor)
        if self.organisation is not None:
            rows = rows.filter(**{model.organisation_path: self.organisation.pk})
        return rows

    @property
    def _organisations(self) -> QuerySet[Any, Any]:
        """Those of the systems within it: who has a role on one system only sees its dates, too."""
        return self.rows(System).order_by().values("organisation_id")

    @cached_property
    def _policies(self) -> Mapping[tuple[uuid.UUID, str], str]:
        rows = Policy.objects.filter(organisation__in=self._organisations, state=PolicyState.PUBLISHED)
        return {(row.organisation_id, row.tier): row.body for row in rows}

    def rules(self, system: System) -> Rules | None:
        """The policy in force for a system, read."""
        return _read(self._policies.get((system.organisation_id, system.risk_tier), ""))

    def reminding(self, system: System) -> Reminding:
        """When people are told, by the system's policy or by default."""
        rules = self.rules(system)
        found: Reminding = rules.part("reminders") if rules else Reminding()
        return found

    @cached_property
    def _holders(self) -> Mapping[tuple[uuid.UUID, uuid.UUID | None, str], frozenset[uuid.UUID]]:
        found: dict[tuple[uuid.UUID, uuid.UUID | None, str], set[uuid.UUID]] = {}
        rows = RoleGrant.objects.filter(
            role__in=VOTING_ROLES,
            membership__organisation__in=self._organisations,
            membership__user__is_active=True,
            membership__user__is_service=False,
        )
        for organisation, system, role, user in rows.values_list(
            "membership__organisation_id", "system_id", "role", "membership__user_id"
        ):
            found.setdefault((organisation, system, role), set()).add(user)
        return {key: frozenset(users) for key, users in found.items()}

    def holders(self, system: System, role: str) -> frozenset[uuid.UUID]:
        """The active people in a role on a system, by itself or through its organisation."""
        own = self._holders.get((system.organisation_id, system.pk, role), frozenset())
        return own | self._holders.get((system.organisation_id, None, role), frozenset())


@lru_cache(maxsize=64)
def _read(body: str) -> Rules | None:
    """A policy read once: its text never changes."""
    try:
        return parse(body) if body else None
    except Invalid:
        return None
