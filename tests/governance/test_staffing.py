"""A gate that nobody could lawfully open is told when its policy is published, and when people go; and it denies."""

import uuid

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from governance.dossier import gather_version
from governance.gates.decide import judge
from governance.models import Policy, PolicyState
from governance.services import policies, staffing
from governance.tasks import check_staffing
from registry.ledger import record
from registry.models import LedgerEntry, RoleGrant, System
from registry.services import people
from registry.stages import RiskTier, Role, SystemStage
from tests.cast import Cast, grant
from tests.governance import staging
from tests.make import make_system, make_version


def text(seats: str, exclude: str = "requester") -> str:
    return (
        "schema: assay.policy/1\nname: Own\ntier: high\ntransitions:\n"
        "  - from: compliance\n    to: production\n    environments: [production]\n    requirements:\n"
        f"      - approvals: {{of: [{seats}], exclude: [{exclude}]}}\n"
    )


def publish(cast: Cast, seats: str, exclude: str = "requester") -> Policy:
    return staging.put_into_force(cast, text(seats, exclude))


def revoke(cast: Cast, name: str, role: Role) -> None:
    held = RoleGrant.objects.get(membership__user__username=name, role=role, system=None)
    people.revoke_role(actor=cast.actor("olga"), grant=held)


def gaps(cast: Cast) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(gap.step, gap.system, gap.roles) for gap in staffing.gaps(cast.acme)]


def told(event: str) -> int:
    return LedgerEntry.objects.filter(event=f"staffing.{event}").count()


def test_it_works(cast: Cast) -> None:
    publish(cast, "{role: validator}, {role: approver, count: 2}")
    [gap] = staffing.gaps(cast.acme)
    assert (gap.tier, gap.step, gap.system, gap.roles) == ("high", "compliance→production", "", ("approver",))
    assert "2 × business approver" in gap.sentence
    assert gap.clears == "Give the role of business approver to another active person in the organisation."
    assert told("gap_reported") == 1


def test_enough_people_are_no_gap(cast: Cast) -> None:
    publish(cast, "{role: validator}, {role: approver}, {role: compliance_officer}, {role: reviewer}")
    assert gaps(cast) == []
    assert told("gap_reported") == 0


def test_one_person_does_not_fill_two_seats(cast: Cast) -> None:
    revoke(cast, "adam", Role.APPROVER)
    grant(cast, "vera", Role.APPROVER)
    publish(cast, "{role: validator}, {role: approver}")
    assert gaps(cast) == [("compliance→production", "", ("approver",))]


def test_the_owner_of_the_system_fills_no_seat_from_which_owners_are_excluded(cast: Cast) -> None:
    grant(cast, "vera", Role.OWNER)
    grant(cast, "vera", Role.DEVELOPER)
    make_system(cast, "own", by="vera")
    make_system(cast, "other")
    publish(cast, "{role: validator}", "system_owner")
    assert gaps(cast) == [("compliance→production", "own", ("validator",))]


def test_a_role_on_one_system_fills_the_seats_of_that_system_only(cast: Cast) -> None:
    near, far = make_system(cast, "near"), make_system(cast, "far")
    grant(cast, "dev", Role.APPROVER, near)
    publish(cast, "{role: approver, count: 2}")
    assert gaps(cast) == [("compliance→production", "far", ("approver",))]
    System.objects.filter(pk=far.pk).update(stage=SystemStage.RETIRED)
    assert gaps(cast) == []


@pytest.mark.parametrize("how", ["inactive", "machine"])
def test_who_cannot_vote_fills_no_seat(cast: Cast, how: str) -> None:
    publish(cast, "{role: validator}")
    assert gaps(cast) == []
    if how == "inactive":
        cast.vera.is_active = False
        cast.vera.save()
    else:
        revoke(cast, "vera", Role.VALIDATOR)
        grant(cast, "ci", Role.VALIDATOR)
    assert gaps(cast) == [("compliance→production", "", ("validator",))]


def test_a_gap_is_told_once_and_its_end_is_told_too(cast: Cast) -> None:
    publish(cast, "{role: validator}")
    revoke(cast, "vera", Role.VALIDATOR)
    for _ in range(2):
        check_staffing(str(cast.acme.pk))
    assert (told("gap_reported"), told("gap_cleared")) == (1, 0)
    grant(cast, "vera", Role.VALIDATOR)
    for _ in range(2):
        check_staffing(str(cast.acme.pk))
    assert (told("gap_reported"), told("gap_cleared")) == (1, 1)
    revoke(cast, "vera", Role.VALIDATOR)
    check_staffing(str(cast.acme.pk))
    assert told("gap_reported") == 2


@pytest.mark.django_db(transaction=True)
@override_settings(CELERY_TASK_ALWAYS_EAGER=True)
def test_it_is_looked_at_again_once_a_change_is_committed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr("registry.queue.send", lambda task, **ids: seen.append(f"{task} {ids}"))
    with record.transaction():
        staffing.check_later(cast.acme.pk)
        assert seen == []
    assert seen == [f"governance.check_staffing {{'organisation_id': '{cast.acme.pk}'}}"]


def test_it_asks_the_database_as_often_for_many_systems(cast: Cast) -> None:
    publish(cast, "{role: approver, count: 2}", "system_owner")
    with CaptureQueriesContext(connection) as few:
        staffing.gaps(cast.acme)
    for number in range(5):
        grant(cast, "vera", Role.APPROVER, make_system(cast, f"s{number}"))
    with CaptureQueriesContext(connection) as many:
        staffing.gaps(cast.acme)
    assert len(few) == len(many) == 3


def test_such_a_gate_denies(cast: Cast) -> None:
    """Told or not: the gate itself counts the people, those excluded by the version's own story too."""
    system = staging.ready_system(cast)
    version = make_version(cast, system, dataset_versions=[staging.snapshot_of(system)])
    revoke(cast, "adam", Role.APPROVER)
    assert ("compliance→production", "", ("approver",)) in gaps(cast)
    gathered = gather_version(version).at_door("production")
    decision = judge(gathered.dossier, gathered.policy_body)
    assert not decision.allows
    assert "approvals.staffing" in {finding.code for finding in decision.findings if not finding.met}


def test_a_text_that_became_unreadable_has_no_gaps_and_denies_by_itself(cast: Cast) -> None:
    policy = publish(cast, "{role: approver, count: 2}")
    Policy.objects.filter(pk=policy.pk).update(body="")
    assert policy.state == PolicyState.PUBLISHED
    assert gaps(cast) == []


def test_a_draft_tells_its_gaps_before_it_is_published(cast: Cast) -> None:
    drafted = policies.draft(
        actor=cast.actor("cora"),
        organisation=cast.acme,
        tier=RiskTier.HIGH,
        body=text("{role: approver, count: 2}"),
    )
    assert [gap.roles for gap in staffing.of_draft(drafted)] == [("approver",)]
    assert staffing.gaps(cast.acme) == ()
    assert isinstance(drafted.pk, uuid.UUID)
