"""Who can clear a finding, by name: the people in the role that owns it, without those who may not judge this."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from governance.gates import lineage
from governance.gates.policy import parse
from governance.gates.requirements.approvals import Approvals
from governance.gates.spec import Dossier, Finding
from registry.errors import Invalid
from registry.models import RoleGrant, System, User

SHOWN = 3


@dataclass(frozen=True)
class Reach:
    """The active people of each role on a system, and whom the policy bars from voting on the dossier's step."""

    people: Mapping[str, Sequence[tuple[str, str]]]  # role → (id, name)
    barred: frozenset[str]

    def names(self, finding: Finding) -> str:
        """`Vera Moreau or Val Ng`; of many the first few; empty when nobody could."""
        voting = finding.code.startswith("approvals.")
        found = [
            name
            for person, name in self.people.get(finding.owner_role, ())
            if not (voting and person in self.barred)
        ]
        shown = found[:SHOWN]
        more = len(found) - len(shown)
        words = " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
        return f"{words} and {more} more" if more else words


def reach(system: System, dossier: Dossier, policy_body: str) -> Reach:
    """Who could act on a system now; one query."""
    rows = (
        RoleGrant.objects.filter(
            Q(system=system) | Q(system=None),
            membership__organisation_id=system.organisation_id,
            membership__user__is_active=True,
            membership__user__is_service=False,
        )
        .select_related("membership__user")
        .order_by("membership__user__first_name", "membership__user__username")
    )
    people: dict[str, dict[str, str]] = {}
    for row in rows:
        user: User = row.membership.user
        people.setdefault(row.role, {})[str(uuid.UUID(str(user.pk)))] = user.display_name
    return Reach({role: list(found.items()) for role, found in people.items()}, _barred(dossier, policy_body))


def _barred(dossier: Dossier, policy_body: str) -> frozenset[str]:
    step = dossier.step
    try:
        section = (
            parse(policy_body).section(step.subject, step.from_stage, step.to_stage)
            if step and policy_body
            else None
        )
    except Invalid:
        return frozenset()  # the decision itself says that the policy cannot be read
    demands = section.requirements if section else ()
    names = tuple(name for demand in demands if isinstance(demand, Approvals) for name in demand.exclude)
    return frozenset(lineage.excluded(dossier, names))
