"""Who leaves loses everything at once; nobody helps themselves; an organisation keeps an owner."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from guardian.shortcuts import assign_perm, remove_perm

from registry.access.table import ROLE_PERMISSIONS
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.ledger.models import LedgerEntry
from registry.models import Membership, Organisation, OrganisationPermission, RoleGrant, User
from registry.services import members, people, permissions
from registry.stages import Role
from tests.calls import api
from tests.cast import PASSWORD, Cast, grant
from tests.make import make_system

SYSTEM = {"slug": "loans", "name": "Loans", "purpose": "Decide on loans.", "risk_tier": "high"}


def place(cast: Cast, name: str) -> Membership:
    return getattr(cast, name).memberships.get(organisation=cast.acme)  # type: ignore[no-any-return]


def leave(cast: Cast, name: str, by: str = "olga") -> Membership:
    return members.deactivate(actor=cast.actor(by), membership=place(cast, name), reason="Left the bank.")


def events(cast: Cast) -> list[str]:
    rows = LedgerEntry.objects.filter(organisation_id=cast.acme.pk).order_by("index")
    return list(rows.values_list("event", flat=True))


def test_it_works(cast: Cast) -> None:
    adam = api(cast, "adam")
    before = len(events(cast))
    membership = leave(cast, "adam")
    assert adam.get("/api/v1/me").status_code == 401
    assert membership.ended_at is not None
    assert not OrganisationPermission.objects.filter(user=cast.adam).exists()
    assert events(cast)[before:] == ["role.revoked", "token.revoked", "member.deactivated"]


def test_a_session_sees_nothing_any_more_and_an_outsiders_is_untouched(cast: Cast, client: Any) -> None:
    system = make_system(cast)
    client.force_login(cast.adam, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(f"/systems/{system.pk}").status_code == 200
    leave(cast, "adam")
    assert client.get(f"/systems/{system.pk}").status_code == 404
    assert api(cast, "oscar").get("/api/v1/me").status_code == 200


def test_what_is_theirs_on_single_systems_ends_too(cast: Cast) -> None:
    system = make_system(cast)
    grant(cast, "adam", Role.VALIDATOR, system)
    leave(cast, "adam")
    assert not RoleGrant.objects.filter(membership__user=cast.adam).exists()
    assert permissions.differences() == []


def test_the_service_accounts_they_answer_for_end_with_them(cast: Cast) -> None:
    pipeline = api(cast, "ci")
    assert pipeline.get("/api/v1/me").status_code == 200
    leave(cast, "dev")
    assert pipeline.get("/api/v1/me").status_code == 401
    assert place(cast, "ci").ended_at is not None


def test_a_former_member_gets_no_role_until_they_are_a_member_again(cast: Cast) -> None:
    leave(cast, "adam")
    with pytest.raises(Conflict, match="former member"):
        grant(cast, "adam", Role.APPROVER)
    members.reactivate(actor=cast.actor("olga"), membership=place(cast, "adam"))
    assert not RoleGrant.objects.filter(membership__user=cast.adam).exists()
    grant(cast, "adam", Role.APPROVER)
    assert api(cast, "adam").get("/api/v1/systems").status_code == 200
    with pytest.raises(Conflict):
        members.reactivate(actor=cast.actor("olga"), membership=place(cast, "adam"))


def test_only_who_manages_people_ends_a_membership(cast: Cast) -> None:
    for name, refusal in (("dev", Denied), ("cora", Denied), ("oscar", NotFound), ("root", NotFound)):
        with pytest.raises(refusal):
            leave(cast, "adam", by=name)
    assert leave(cast, "adam").ended_at


def test_nobody_ends_their_own_membership_or_changes_their_own_roles(cast: Cast) -> None:
    grant(cast, "dev", Role.OWNER)
    with pytest.raises(Denied):
        leave(cast, "olga")
    with pytest.raises(Denied):
        grant(cast, "olga", Role.APPROVER)
    assert events(cast)[-2:] == ["access.denied"] * 2
    assert leave(cast, "olga", by="dev").ended_at


def test_the_last_owner_stays(cast: Cast) -> None:
    """Two owners at first; the second is the last, and nobody and no command takes that away."""
    grant(cast, "dev", Role.OWNER)
    of_olga = RoleGrant.objects.get(membership=place(cast, "olga"), role=Role.OWNER)
    people.revoke_role(actor=cast.actor("dev"), grant=of_olga)
    grant_of_dev = RoleGrant.objects.get(membership=place(cast, "dev"), role=Role.OWNER)
    helper = _manager(cast)
    with pytest.raises(Conflict, match="at least one owner"):
        people.revoke_role(actor=helper, grant=grant_of_dev)
    with pytest.raises(Conflict, match="at least one owner"):
        members.deactivate(actor=helper, membership=place(cast, "dev"))
    with pytest.raises(CommandError, match="at least one owner"):
        call_command("deactivate_user", "dev")
    assert RoleGrant.objects.filter(pk=grant_of_dev.pk).exists()
    cast.dev.refresh_from_db()
    assert cast.dev.is_active


def _manager(cast: Cast) -> Actor:
    """Somebody who may manage people without being an owner of the whole, as a role of its own might allow."""
    assign_perm("manage_people", cast.cora, cast.acme)
    return cast.actor("cora")


def test_a_role_taken_away_twice_is_taken_away_once(cast: Cast) -> None:
    row = RoleGrant.objects.get(membership=place(cast, "adam"))
    people.revoke_role(actor=cast.actor("olga"), grant=row)
    with pytest.raises(Conflict):
        people.revoke_role(actor=cast.actor("olga"), grant=row)
    assert events(cast).count("role.revoked") == 1


def test_two_owners_cannot_both_go(cast: Cast) -> None:
    """Each takes the other's role away, one after the other: the second finds they may not, being no owner any more."""
    grant(cast, "dev", Role.OWNER)
    rows = {
        name: RoleGrant.objects.get(membership=place(cast, name), role=Role.OWNER) for name in ("olga", "dev")
    }
    people.revoke_role(actor=cast.actor("olga"), grant=rows["dev"])
    with pytest.raises(Denied):
        people.revoke_role(actor=cast.actor("dev"), grant=rows["olga"])


def test_an_operator_closes_an_account_everywhere(cast: Cast, client: Any) -> None:
    adam = api(cast, "adam")
    client.force_login(cast.adam, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/systems").status_code == 200
    call_command("deactivate_user", "adam")
    assert adam.get("/api/v1/me").status_code == 401
    assert client.get("/systems").status_code == 302
    assert events(cast)[-1] == "account.deactivated"
    with pytest.raises(CommandError, match="Check the spelling"):
        call_command("deactivate_user", "nobody")


def test_a_closed_account_gets_no_role(cast: Cast) -> None:
    call_command("deactivate_user", "adam")
    cast.adam.refresh_from_db()
    with pytest.raises(Conflict, match="closed"):
        grant(cast, "adam", Role.APPROVER)


# --- one person, two accounts ---------------------------------------------------------------------------------------


def test_linked_accounts_are_one_person(cast: Cast) -> None:
    call_command("link_person", "adam", "dev")
    cast.adam.refresh_from_db()
    assert cast.actor("adam").person_id == cast.actor("dev").person_id == str(cast.dev.pk)
    assert cast.actor("adam").id == str(cast.adam.pk)
    assert events(cast)[-1] == "person.linked"


def test_a_second_account_does_not_change_the_roles_of_the_first(cast: Cast) -> None:
    grant(cast, "adam", Role.OWNER)
    call_command("link_person", "adam", "olga")
    cast.adam.refresh_from_db()
    with pytest.raises(Denied):
        people.grant_role(
            actor=cast.actor("adam"), organisation=cast.acme, user=cast.olga, role=Role.APPROVER
        )
    with pytest.raises(Denied):
        leave(cast, "olga", by="adam")


def test_whoever_leaves_leaves_on_every_account(cast: Cast) -> None:
    call_command("link_person", "adam", "dev")
    leave(cast, "dev")
    assert place(cast, "adam").ended_at is not None


def test_whoever_leaves_on_a_further_account_leaves_on_the_first_and_its_machines_too(cast: Cast) -> None:
    call_command("link_person", "adam", "dev")
    leave(cast, "adam")
    assert [name for name in ("dev", "adam", "ci", "vera") if place(cast, name).ended_at is None] == ["vera"]


def test_a_machine_ends_without_the_person_who_answers_for_it(cast: Cast) -> None:
    leave(cast, "ci")
    assert (place(cast, "ci").ended_at is None, place(cast, "dev").ended_at is None) == (False, True)


@pytest.mark.parametrize(("account", "person"), [("dev", "dev"), ("acme-ci", "dev"), ("dev", "acme-ci")])
def test_only_two_accounts_of_people_are_linked(cast: Cast, account: str, person: str) -> None:
    with pytest.raises(CommandError):
        call_command("link_person", account, person)


def test_links_make_no_chain(cast: Cast) -> None:
    call_command("link_person", "adam", "vera")
    with pytest.raises(CommandError, match="first one"):
        call_command("link_person", "vera", "rita")
    with pytest.raises(CommandError, match="first one"):
        call_command("link_person", "rita", "adam")
    with pytest.raises(CommandError, match="first one"):
        call_command("link_person", "dev", "rita")  # a service account hangs on Dev


def test_an_address_belongs_to_one_account_however_it_is_written(cast: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("twin", "Olga@Example.ORG", PASSWORD)
    with pytest.raises(ValidationError, match="already"):
        User(username="twin", email="OLGA@example.org", password="x").full_clean()
    User.objects.create_user("one", "", PASSWORD)
    User.objects.create_user("two", "", PASSWORD)


# --- the table of roles changes with the code -----------------------------------------------------------------------


def test_permissions_follow_the_table(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    assert permissions.differences() == []
    remove_perm("vote", cast.vera, cast.acme)
    assign_perm("publish_policy", cast.dev, cast.acme)
    assign_perm("view", cast.oscar, cast.acme)
    assert len(permissions.differences()) == 3
    call_command("sync_permissions")
    assert "3 grants differed: 1 permissions added, 2 removed" in capsys.readouterr().out
    assert permissions.differences() == []
    assert events(cast)[-1] == "permissions.synchronised"


def test_nothing_is_recorded_when_nothing_differs(cast: Cast) -> None:
    before = events(cast)
    call_command("sync_permissions")
    assert events(cast) == before


def test_a_new_permission_reaches_who_holds_the_role_with_the_next_migration(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ROLE_PERMISSIONS, Role.AUDITOR, ROLE_PERMISSIONS[Role.AUDITOR] | {"document"})
    call_command("migrate", verbosity=0)
    held = OrganisationPermission.objects.filter(user=cast.aud).values_list("permission__codename", flat=True)
    assert "document" in held
    assert Organisation.objects.count() == 2


def test_who_answers_for_a_machine_is_never_told_by_a_further_account(cast: Cast) -> None:
    members.link(actor=Actor.system("operator"), account=cast.rita, person=cast.vera)
    cast.rita.refresh_from_db()
    owner = cast.actor("olga")
    with pytest.raises(Invalid, match="a further account of Vera"):
        people.create_service_account(actor=owner, organisation=cast.acme, name="bot", responsible=cast.rita)
    bot = people.create_service_account(
        actor=owner, organisation=cast.acme, name="bot", responsible=cast.vera
    )
    assert bot.person_id == cast.rita.person_id == str(cast.vera.pk)


def test_a_machine_made_for_a_further_account_comes_to_its_person_with_the_migration(cast: Cast) -> None:
    call_command("link_person", "rita", "vera")
    User.objects.filter(pk=cast.ci.pk).update(responsible=cast.rita)  # as it was before that was refused
    import_module("registry.migrations.0011_answer_by_first_account").answer_by_first_account(apps, None)
    told = {name: User.objects.get(pk=getattr(cast, name).pk).responsible for name in ("ci", "rita", "vera")}
    assert told == {"ci": cast.vera, "rita": cast.vera, "vera": None}
