"""Lending a role: what is kept and logged, who may lend what to whom, and when somebody speaks for another."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from governance.models import Delegation
from governance.services import delegations
from registry.actors import Actor, Limits
from registry.ledger import record
from registry.models import ModelVersion, Organisation, System, User
from registry.services import members, people, systems
from registry.stages import RiskTier, Role
from tests.cast import PASSWORD, Cast, grant
from tests.governance import staging
from tests.governance.test_voting import SEATS, TODAY, TOMORROW, at_validation, lend
from tests.log import logged
from tests.make import make_document, make_system, make_version
from tests.refusals import refused

NOW = datetime.now(UTC)


def refusal(call: Callable[[], Any]) -> tuple[Any, ...]:
    """The code with which a call is refused, and the fields that it names."""
    error = refused(call)
    return (error.code, *getattr(error, "errors", ()))


def lending(cast: Cast, by: str = "adam", to: str = "aud", role: Role = Role.APPROVER, **more: Any) -> Any:
    """The refusal that lending meets."""
    return refusal(lambda: lend(cast, by, to, role, **more))


def in_other(cast: Cast, name: str, role: Role = Role.APPROVER) -> Organisation:
    """One of the cast has a role in the other organisation, too."""
    other = Organisation.objects.get(slug="other")
    people.grant_role(actor=cast.actor("oscar"), organisation=other, user=getattr(cast, name), role=role)
    return other


def others_system(cast: Cast) -> System:
    other = Organisation.objects.get(slug="other")
    return systems.register(
        actor=cast.actor("oscar"),
        organisation=other,
        slug="loans",
        name="Loans",
        purpose="Decide on loans.",
        risk_tier=RiskTier.HIGH,
    )


def told(given: Delegation, scope: str, **more: Any) -> dict[str, Any]:
    """What every entry about a lent role says."""
    return {
        "on": {"kind": "delegation", "id": str(given.pk)},
        "in": str(given.system_id) if given.system_id else None,
        "delegation_id": str(given.pk),
        "delegator_id": str(given.delegator_id),
        "delegate_id": str(given.delegate_id),
        "delegator": "Adam",
        "delegate": "Aud",
        "role": "approver",
        "scope": scope,
        **more,
    }


def test_it_works(cast: Cast) -> None:
    given = lend(cast, "adam", "aud", Role.APPROVER, reason=" Holidays. ", ends_on=TOMORROW)
    midnight = datetime.combine(TODAY, time(), UTC)
    assert Delegation.objects.values().get() == {
        "id": given.pk,
        "organisation_id": cast.acme.pk,
        "system_id": None,
        "delegator_id": cast.adam.pk,
        "delegate_id": cast.aud.pk,
        "role": Role.APPROVER,
        "reason": "Holidays.",
        "starts_at": midnight,
        "ends_at": midnight + timedelta(days=2),
        "created_at": given.created_at,
        "revoked_at": None,
    }
    days = {"starts_at": midnight.isoformat(), "ends_at": (midnight + timedelta(days=2)).isoformat()}
    assert logged("delegation.given") == [
        told(given, "organisation acme", by="Adam", reason="Holidays.", **days)
    ]


def test_it_is_taken_back_at_once(cast: Cast) -> None:
    given = lend(cast, "adam", "aud", Role.APPROVER, system=make_system(cast))
    revoked = delegations.revoke(actor=cast.actor("olga"), delegation=given)
    assert logged("delegation.revoked") == [told(given, "system credit", by="Olga")]
    revoked.refresh_from_db()
    assert revoked.revoked_at is not None
    assert datetime.now(UTC) - revoked.revoked_at < timedelta(minutes=5)


# --- who may lend what


def test_who_may_not_lend_is_refused_and_logged(cast: Cast) -> None:
    system = make_system(cast)
    grant(cast, "ci", Role.VALIDATOR)
    codes = [
        lending(cast, by="ci", role=Role.VALIDATOR),
        lending(cast, by="ci", role=Role.VALIDATOR, system=system),
        lending(cast, role=Role.VALIDATOR),
        lending(cast, role=Role.VALIDATOR, system=system),
        lending(cast, by="dev"),
    ]
    names = ["delegation.not_a_person"] * 2 + ["delegation.not_held"] * 2 + ["denied"]
    assert codes == [(name,) for name in names]
    on = {"organisation": cast.acme.pk, "system": system.pk}
    assert [(one["by"], one["on"]["kind"], one["on"]["id"]) for one in logged("access.denied")] == [
        (by, kind, str(on[kind]))
        for by, kind in (
            ("acme-ci", "organisation"),
            ("acme-ci", "system"),
            ("Adam", "organisation"),
            ("Adam", "system"),
            ("Dev", "organisation"),
        )
    ]


def test_a_role_on_one_system_is_lent_for_that_system_only(cast: Cast) -> None:
    system, other = make_system(cast), make_system(cast, "loans")
    grant(cast, "adam", Role.VALIDATOR, system)
    assert lending(cast, role=Role.VALIDATOR) == ("delegation.not_held",)
    assert lending(cast, role=Role.VALIDATOR, system=other) == ("delegation.not_held",)
    assert lend(cast, "adam", "aud", Role.VALIDATOR, system=system).system == system


def test_a_role_in_one_organisation_is_not_lent_in_another(cast: Cast) -> None:
    in_other(cast, "vera")
    assert refused(lambda: lend(cast, "vera", "aud", Role.APPROVER)).message == (
        "You are not business approver there, so you cannot lend it. A lent role cannot be lent on."
    )
    in_other(cast, "adam")
    assert lending(cast, system=others_system(cast)) == ("invalid", ("system", "another one"))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"reason": " "}, ("reason", "1 to 1000 characters")),
        ({"reason": "x" * 1001}, ("reason", "1 to 1000 characters")),
        ({"ends_on": TODAY - timedelta(days=1)}, ("ends_on", "before the start")),
        ({"starts_on": TODAY - timedelta(days=1)}, ("starts_on", "in the past")),
        ({"ends_on": TODAY + timedelta(days=92)}, ("ends_on", "too late")),
        ({"role": Role.OWNER}, ("role", "does not vote")),
        ({"to": "adam"}, ("delegate", "yourself")),
        ({"to": "ci"}, ("delegate", "not a person")),
        ({"to": "oscar"}, ("delegate", "not a person")),
    ],
    ids=str,
)
def test_what_cannot_be_lent_names_its_field(
    cast: Cast, changes: dict[str, Any], error: tuple[str, str]
) -> None:
    assert lending(cast, **changes) == ("invalid", error)


def test_a_role_is_lent_for_a_day_or_for_three_months(cast: Cast) -> None:
    day = lend(cast, "adam", "aud", Role.APPROVER, ends_on=TODAY, reason="x" * 1000)
    long = lend(cast, "adam", "vera", Role.APPROVER, ends_on=TODAY + timedelta(days=91))
    assert (day.ends_at - day.starts_at, long.ends_at - long.starts_at) == (
        timedelta(days=1),
        timedelta(days=92),
    )


# --- to whom


def test_only_an_active_member_who_sees_it_can_speak_for_somebody(cast: Cast) -> None:
    system = make_system(cast)
    there = User.objects.create_user("tess", "tess@example.org", PASSWORD)
    people.grant_role(
        actor=cast.actor("olga"), organisation=cast.acme, user=there, role=Role.AUDITOR, system=system
    )
    cast.tess = there  # type: ignore[attr-defined]
    assert lending(cast, to="tess") == ("invalid", ("delegate", "no role"))
    assert lending(cast, to="tess", system=make_system(cast, "loans")) == ("invalid", ("delegate", "no role"))
    assert lend(cast, "adam", "tess", Role.APPROVER, system=system).delegate == there
    User.objects.filter(pk=cast.vera.pk).update(is_active=False)
    cast.vera.refresh_from_db()
    members.deactivate(actor=cast.actor("olga"), membership=cast.rita.memberships.get())
    not_there = ("invalid", ("delegate", "not a person"))
    assert [lending(cast, to=name) for name in ("vera", "rita")] == [not_there, not_there]


def test_a_further_account_of_ones_own_is_nobody_else(cast: Cast) -> None:
    User.objects.filter(pk=cast.vera.pk).update(responsible=cast.adam)
    cast.vera.refresh_from_db()
    assert lending(cast, to="vera") == ("invalid", ("delegate", "yourself"))


CONFLICTED = ("delegation.conflicted", ("delegate", "not independent"))


def test_who_cannot_judge_what_is_on_its_way_is_lent_no_role_for_it(cast: Cast) -> None:
    version = at_validation(cast, "[{role: approver}]")
    assert lending(cast, to="dev", system=version.model.system) == CONFLICTED
    assert lending(cast, to="dev") == CONFLICTED
    elsewhere = make_system(cast, "loans", by="olga")
    for where in (None, version.model.system):
        assert lending(cast, by="rita", to="dev", role=Role.REVIEWER, system=where) == CONFLICTED
    assert lend(cast, "rita", "dev", Role.REVIEWER, system=elsewhere).delegate == cast.dev
    assert lend(cast, "adam", "dev", Role.APPROVER, system=elsewhere).delegate == cast.dev
    assert (
        lend(cast, "cora", "dev", Role.COMPLIANCE_OFFICER).delegate == cast.dev
    )  # nobody asks for that vote


def test_nor_is_who_asked_for_the_vote(cast: Cast) -> None:
    staging.ask(cast, at_validation(cast, "[{role: approver}]"), by="olga", to="compliance")
    assert lending(cast, to="olga") == CONFLICTED


def test_what_is_on_its_way_in_another_organisation_is_no_conflict(cast: Cast) -> None:
    for name, role in (
        ("dev", Role.DEVELOPER),
        ("stew", Role.DATA_STEWARD),
        ("cora", Role.COMPLIANCE_OFFICER),
    ):
        other = in_other(cast, name, role)
    at_validation(replace(cast, acme=other, olga=cast.oscar), "[{role: approver}]")
    assert lend(cast, "adam", "dev", Role.APPROVER).delegate == cast.dev
    assert lend(cast, "rita", "dev", Role.REVIEWER).delegate == cast.dev


@pytest.mark.parametrize(
    ("stage", "on_its_way"),
    [
        ("development", True),
        ("compliance", True),
        ("suspended", True),
        ("monitoring", True),
        ("production", False),
        ("retired", False),
    ],
)
def test_what_is_decided_already_stands_in_nobodys_way(cast: Cast, stage: str, on_its_way: bool) -> None:
    version = at_validation(cast, "[{role: approver}]")
    ModelVersion.objects.filter(pk=version.pk).update(stage=stage)
    if on_its_way:
        assert lending(cast, to="dev") == CONFLICTED
    else:
        assert lend(cast, "adam", "dev", Role.APPROVER).delegate == cast.dev


def test_what_cannot_be_judged_is_named(cast: Cast) -> None:
    version = at_validation(cast, SEATS)
    make_document(cast, version.model.system, by="stew")
    assert refused(lambda: lend(cast, "rita", "stew", Role.REVIEWER)).message == (
        "Stew cannot vote on Credit: who wrote a document of it does not judge it."
        " Lend the role for single systems, or choose somebody else."
    )
    here = {"system": version.model.system}
    assert refused(lambda: lend(cast, "adam", "dev", Role.APPROVER, **here)).message == (
        f"Dev cannot vote on {version}: who registered this version does not judge it."
    )


def test_the_newest_are_looked_at(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    version = at_validation(cast, SEATS)
    old, new = version.model.system, make_system(cast, "loans")
    make_document(cast, old, by="stew")
    make_version(cast, old, "2", by="olga")
    monkeypatch.setattr(delegations, "_LOOKED_AT", 1)
    assert lend(cast, "rita", "stew", Role.REVIEWER).delegate == cast.stew
    assert lend(cast, "adam", "dev", Role.APPROVER).delegate == cast.dev
    make_document(cast, new, by="dev")
    assert lending(cast, by="rita", to="dev", role=Role.REVIEWER) == CONFLICTED


# --- not twice


def test_the_same_is_not_lent_twice_for_the_same_days(cast: Cast) -> None:
    lend(cast, "adam", "aud", Role.APPROVER, ends_on=TOMORROW)
    again = ("delegation.exists",)
    assert lending(cast, starts_on=TOMORROW, ends_on=TOMORROW + timedelta(days=9)) == again
    later = {"starts_on": TOMORROW + timedelta(days=5), "ends_on": TOMORROW + timedelta(days=9)}
    lend(cast, "adam", "aud", Role.APPROVER, **later)
    between = {"starts_on": TOMORROW + timedelta(days=1), "ends_on": TOMORROW + timedelta(days=4)}
    lend(cast, "adam", "aud", Role.APPROVER, **between)


def test_something_else_is_lent_beside_it(cast: Cast) -> None:
    first = lend(cast, "adam", "aud", Role.APPROVER)
    grant(cast, "adam", Role.VALIDATOR)
    grant(cast, "rita", Role.APPROVER)
    lend(cast, "adam", "aud", Role.VALIDATOR)
    lend(cast, "adam", "vera", Role.APPROVER)
    lend(cast, "rita", "aud", Role.APPROVER)
    lend(cast, "adam", "aud", Role.APPROVER, system=make_system(cast))
    delegations.revoke(actor=cast.actor("adam"), delegation=first)
    lend(cast, "adam", "aud", Role.APPROVER)
    assert Delegation.objects.count() == 6


# --- when somebody speaks for another


def held(cast: Cast, system: System, name: str = "aud", days: int = 0) -> list[Delegation]:
    return delegations.held(cast.actor(name), system, datetime.now(UTC) + timedelta(days=days))


def test_a_lent_role_is_held_where_and_while_it_is_lent(cast: Cast) -> None:
    system, other = make_system(cast), make_system(cast, "loans")
    everywhere = lend(cast, "adam", "aud", Role.APPROVER)
    here = lend(cast, "vera", "aud", Role.VALIDATOR, system=system)
    assert [held(cast, where, days=days) for where, days in ((system, 0), (system, -1), (system, 2))] == [
        [here, everywhere],
        [],
        [],
    ]
    assert (held(cast, other), held(cast, system, "dev")) == ([everywhere], [])
    delegations.revoke(actor=cast.actor("vera"), delegation=here)
    assert held(cast, system) == [everywhere]
    User.objects.filter(pk=cast.adam.pk).update(is_active=False)
    assert (held(cast, system), delegations.held(Actor.system("tests"), system, NOW)) == ([], [])


def test_it_is_held_while_the_lender_holds_it_and_in_their_organisation(cast: Cast) -> None:
    system = make_system(cast)
    for name in ("adam", "aud"):
        other = in_other(cast, name)
    delegations.give(
        actor=cast.actor("adam"),
        organisation=other,
        delegate=cast.aud,
        role=Role.APPROVER,
        starts_on=TODAY,
        ends_on=TOMORROW,
        reason="Holidays.",
    )
    assert held(cast, system) == []
    given = lend(cast, "adam", "aud", Role.APPROVER)
    assert held(cast, system) == [given]
    place = cast.adam.memberships.get(organisation=cast.acme)
    people.revoke_role(actor=cast.actor("olga"), grant=place.grants.get())
    assert held(cast, system) == []


# --- ending it


def limited(cast: Cast, name: str, *scopes: str) -> Actor:
    """Acts with a token that was issued for this only."""
    return Actor.of(getattr(cast, name), limits=Limits(NOW + timedelta(days=1), frozenset(scopes)))


def test_it_is_ended_by_the_lender_or_who_manages_people_and_once(cast: Cast) -> None:
    given, also = lend(cast, "adam", "aud", Role.APPROVER), lend(cast, "adam", "vera", Role.APPROVER)

    def revoking(actor: Actor, what: Delegation = given) -> Any:
        return refusal(lambda: delegations.revoke(actor=actor, delegation=what))

    for actor, code in (
        (cast.actor("aud"), "denied"),
        (cast.actor("oscar"), "not_found"),
        (Actor.system("tests"), "not_found"),
        (limited(cast, "adam", "view"), "denied"),
        (limited(cast, "olga", "view"), "denied"),
    ):
        assert revoking(actor) == (code,)
    tried = [(one["by"], one["on"]["id"]) for one in logged("access.denied")]
    assert tried == [(name, str(given.pk)) for name in ("Aud", "Adam", "Olga")]
    delegations.revoke(actor=limited(cast, "olga", "view", "manage_people"), delegation=given)
    delegations.revoke(actor=limited(cast, "adam", "view", "vote"), delegation=also)
    assert revoking(cast.actor("adam")) == ("delegation.ended",)


def test_it_is_over_at_its_last_moment(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    given, real = lend(cast, "adam", "aud", Role.APPROVER), record.hold
    monkeypatch.setattr(record, "hold", lambda organisation: replace(real(organisation), now=given.ends_at))
    assert refusal(lambda: delegations.revoke(actor=cast.actor("adam"), delegation=given)) == (
        "delegation.ended",
    )


def test_what_is_over_is_not_ended(cast: Cast) -> None:
    given = lend(cast, "adam", "aud", Role.APPROVER)
    Delegation.objects.update(starts_at=NOW - timedelta(days=2), ends_at=NOW - timedelta(days=1))
    assert refusal(lambda: delegations.revoke(actor=cast.actor("adam"), delegation=given)) == (
        "delegation.ended",
    )
    assert logged("delegation.revoked") == []
