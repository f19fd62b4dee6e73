"""Could enough different people lawfully vote, at every gate that asks for votes? Told before somebody waits in vain.

Who made a version that does not exist yet is not known, so this finds only the gaps that no version could escape: too
few active people in a role, counted without those whom the policy excludes whatever the version is.
"""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from governance.gates import staffing
from governance.gates.policy import parse
from governance.gates.requirements.approvals import VOTING_ROLES, Approvals
from governance.gates.spec import HolderFacts
from governance.lifecycle import step_name
from governance.models import Policy, PolicyState
from registry import queue
from registry.actors import Actor
from registry.errors import Invalid
from registry.ledger import record
from registry.ledger.models import LedgerEntry
from registry.models import Organisation, RoleGrant, System
from registry.stages import Role, SystemStage

EVERY_SYSTEM: Final = ""
_OPENED, _CLEARED = "staffing.gap_reported", "staffing.gap_cleared"


@dataclass(frozen=True)
class Gap:
    """A gate that nobody could open: `roles` cannot all be filled. An empty `system` means every system of the tier."""

    policy_id: uuid.UUID
    tier: str
    step: str
    system: str
    roles: tuple[str, ...]
    sentence: str
    clears: str


@dataclass(frozen=True)
class _Place:
    """A system of the tier, or any system that is still to come: who votes there, and who owns it."""

    slug: str
    owner: str
    holders: tuple[HolderFacts, ...]


def gaps(organisation: Organisation) -> tuple[Gap, ...]:
    """Every gap of the policies in force; three queries, however many systems and people there are."""
    places = _places(organisation)
    policies = _in_force(organisation).select_related("created_by", "published_by").order_by("tier")
    return tuple(gap for policy in policies for gap in _of_policy(policy, places[policy.tier]))


def of_draft(policy: Policy) -> tuple[Gap, ...]:
    """The gaps that a policy would have if it were in force today."""
    return tuple(_of_policy(policy, _places(policy.organisation)[policy.tier]))


def _of_policy(policy: Policy, places: Sequence[_Place]) -> Iterator[Gap]:
    try:
        rules = parse(policy.body)
    except Invalid:
        return  # a text that is no policy denies everything, and says so itself
    for section in rules.sections:
        step = step_name(section.from_stage, section.to_stage)
        demands = [one for one in section.requirements if isinstance(one, Approvals)]
        for demand in demands:
            yield from _of_demand(policy, step, demand, places)


def _of_demand(policy: Policy, step: str, demand: Approvals, places: Sequence[_Place]) -> Iterator[Gap]:
    short: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for place in places:
        excluded = _excluded(policy, demand, place)
        if roles := staffing.unfillable(place.holders, demand.seats, excluded, {}):
            short[roles].append(place.slug)
    for roles, slugs in short.items():
        # Short without regard to any system, and no system has people of its own to make up for it.
        everywhere = EVERY_SYSTEM in slugs and len(slugs) == len(places)
        for slug in [EVERY_SYSTEM] if everywhere else [slug for slug in slugs if slug]:
            yield _gap(policy, step, slug, roles, {seat.role: seat.count for seat in demand.seats})


def _excluded(policy: Policy, demand: Approvals, place: _Place) -> dict[str, str]:
    """Who may not vote whatever the version is; whoever answers for a service account stands for it."""
    editors = [user for user in (policy.created_by, policy.published_by) if user is not None]
    known = {
        "system_owner": {place.owner: "owns the system"},
        "policy_editor": {str(user.responsible_id or user.pk): "wrote the policy" for user in editors},
    }
    return {person: why for name in demand.exclude for person, why in known.get(name, {}).items()}


def _gap(policy: Policy, step: str, slug: str, roles: tuple[str, ...], seats: Mapping[str, int]) -> Gap:
    needed = " and ".join(f"{seats[role]} × {Role(role).label.lower()}" for role in roles)
    whose = f"the system {slug}" if slug else f"any system of the tier “{policy.tier}”"
    labels = " and ".join(Role(role).label.lower() for role in roles)
    return Gap(
        policy_id=policy.pk,
        tier=policy.tier,
        step=step,
        system=slug,
        roles=roles,
        sentence=f"Nobody could open the gate {step} of {whose}: it asks for {needed}, and there are too few people.",
        clears=f"Give the role of {labels} to another active person"
        + (f" on {slug} or in the organisation." if slug else " in the organisation."),
    )


def _places(organisation: Organisation) -> dict[str, list[_Place]]:
    """Per tier the people who vote on any of its systems, and those of each system it has."""
    everywhere, by_system = _holders(organisation)
    systems = (
        System.objects.filter(organisation=organisation)
        .exclude(stage=SystemStage.RETIRED)
        .annotate(owning=Coalesce("owner__responsible_id", "owner_id"))
        .order_by("slug")
        .values_list("pk", "slug", "risk_tier", "owning")
    )
    found: dict[str, list[_Place]] = defaultdict(lambda: [_Place(EVERY_SYSTEM, "", everywhere)])
    for pk, slug, tier, owner in systems:
        found[tier].append(_Place(slug, str(owner), (*everywhere, *by_system[pk])))
    return found


def _holders(
    organisation: Organisation,
) -> tuple[tuple[HolderFacts, ...], dict[uuid.UUID, tuple[HolderFacts, ...]]]:
    """The active people in roles that vote: of the whole organisation, and of single systems."""
    rows = RoleGrant.objects.filter(
        membership__organisation=organisation,
        membership__user__is_active=True,
        membership__user__is_service=False,
        role__in=VOTING_ROLES,
    ).values_list(
        # Two accounts of one person are one person.
        "system_id",
        Coalesce("membership__user__responsible_id", "membership__user_id"),
        "role",
    )
    by_system: dict[uuid.UUID | None, list[HolderFacts]] = defaultdict(list)
    for system, person, role in rows:
        by_system[system].append(HolderFacts(str(person), role))
    everywhere = tuple(by_system.pop(None, ()))
    return everywhere, defaultdict(tuple, {pk: tuple(held) for pk, held in by_system.items() if pk})


def check_later(organisation_id: uuid.UUID) -> None:
    """Look again once the running transaction is committed: a role or a person went, or came."""
    queue.enqueue(queue.CHECK_STAFFING, organisation_id=str(organisation_id))


def report(*, actor: Actor, organisation: Organisation) -> tuple[Gap, ...]:
    """Record the gaps that are new and those that are closed since the last look; what is open now comes back."""
    with record.transaction():
        Organisation.objects.locked().get(pk=organisation.pk)  # one look at a time
        policies = {policy.pk: policy for policy in _in_force(organisation)}
        found = {(gap.policy_id, gap.step, gap.system): gap for gap in gaps(organisation)}
        known = _told(organisation, list(policies))
        for key, gap in found.items():
            if known.get(key) != gap.roles:
                _record(_OPENED, actor, policies[gap.policy_id], key, gap.roles)
        for key in known.keys() - found.keys():
            _record(_CLEARED, actor, policies[key[0]], key, known[key])
    return tuple(found.values())


_Key = tuple[uuid.UUID, str, str]


def _in_force(organisation: Organisation) -> QuerySet[Policy]:
    return Policy.objects.filter(organisation=organisation, state=PolicyState.PUBLISHED)


def _told(organisation: Organisation, policies: Sequence[uuid.UUID]) -> dict[_Key, tuple[str, ...]]:
    """The gaps that the log says are open, by the last word on each."""
    entries = LedgerEntry.objects.filter(
        organisation_id=organisation.pk, subject_id__in=policies, event__in=(_OPENED, _CLEARED)
    )
    found: dict[_Key, tuple[str, ...]] = {}
    for event, policy_id, body in entries.order_by("index").values_list("event", "subject_id", "body"):
        data = json.loads(bytes(body))["data"]
        key = (policy_id, data["step"], data["system"])
        found.pop(key, None)
        if event == _OPENED:
            found[key] = tuple(data["roles"])
    return found


def _record(code: str, actor: Actor, policy: Policy, key: _Key, roles: tuple[str, ...]) -> None:
    _, step, system = key
    record.event(
        code,
        organisation_id=policy.organisation_id,
        subject=policy,
        actor=actor,
        policy_id=str(policy.pk),
        tier=policy.tier,
        step=step,
        system=system,
        roles=list(roles),
    )
