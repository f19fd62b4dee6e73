"""Waivers: who may ask, who may approve, what they cost, and when they end."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from governance.dossier import gathering
from governance.gates.spec import Verdict
from governance.models import Waiver, WaiverState
from governance.services import asking, delegations, transitions, waivers
from registry.errors import AssayError, Conflict, Denied, Invalid, NotFound
from registry.models import LedgerEntry, ModelVersion, User
from registry.services import people
from registry.stages import Role, VersionStage
from tests.cast import PASSWORD, Cast, grant
from tests.governance import exceptional as given
from tests.governance import staging
from tests.governance.gates import facts
from tests.governance.test_voting import lend
from tests.make import make_document


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """A version at compliance with one failed check, under a policy that allows waivers of checks."""
    return given.failed(cast)


def test_it_works(cast: Cast, version: ModelVersion, printer: None) -> None:
    waiver = given.approve(cast, given.ask(cast, version))
    assert (waiver.state, waiver.approved_role, waiver.renewal) == (WaiverState.APPROVED, Role.VALIDATOR, 0)
    staging.allowed(cast, version)
    decided = given.door(cast, version)
    assert decided.verdict is Verdict.ALLOW_WITH_WAIVER
    assert decided.waivers == (str(waiver.pk),)
    moved = transitions.request(actor=cast.actor("dev"), version=version, to="production")
    assert moved.stage == VersionStage.PRODUCTION
    assert [given.entries(f"waiver.{verb}") for verb in ("requested", "approved")] == [1, 1]


def test_one_that_waits_covers_nothing(cast: Cast, version: ModelVersion, printer: None) -> None:
    given.ask(cast, version)
    staging.allowed(cast, version)
    assert given.door(cast, version).verdict is Verdict.DENY


def test_the_words_stay_out_of_the_log(cast: Cast, version: ModelVersion) -> None:
    given.ask(cast, version)
    body = bytes(LedgerEntry.objects.get(event="waiver.requested").body).decode()
    assert "woman" not in body
    assert json.loads(body)["data"]["digest"].startswith("sha256:")


# --- what can be waived ---


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("approvals.validator", "nobody can waive"),
        ("documents.intended_use_statement", "no open finding"),
        ("checks.Nothing of that name", "no open finding"),
        ("training_record", "no open finding"),
        ("version.stage", "nobody can waive"),
    ],
)
def test_what_cannot_be_waived_is_refused_with_the_reason(
    cast: Cast, version: ModelVersion, code: str, says: str
) -> None:
    with pytest.raises(Conflict, match=says) as refused:
        given.ask(cast, version, given.CHECK, code)
    assert refused.value.code == "waiver.not_waivable"
    assert not Waiver.objects.exists()


def test_what_the_policy_does_not_name_is_refused(cast: Cast, version: ModelVersion) -> None:
    staging.put_into_force(cast, facts.body_with_waivers().replace("allowed: [checks., ", "allowed: ["))
    with pytest.raises(Conflict, match="does not name it"):
        given.ask(cast, version)


def test_without_the_key_no_waiver_can_be_asked_for(cast: Cast, version: ModelVersion) -> None:
    staging.put_into_force(cast, facts.body())
    with pytest.raises(Conflict) as refused:
        given.ask(cast, version)
    assert refused.value.code == "waiver.not_possible"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"compensating_control": ""}, "compensating_control"),
        ({"reason": "x" * 5001}, "reason"),
        ({"codes": []}, "codes"),
        ({"codes": [f"checks.{n}" for n in range(51)]}, "codes"),
        ({"expires_at": timedelta(days=-1)}, "expires_at"),
        ({"expires_at": timedelta(days=40)}, "expires_at"),
        ({"starts": timedelta(days=-1)}, "starts"),
        ({"starts": timedelta(days=31), "expires_at": timedelta(days=32)}, "starts"),
        ({"to": ""}, "to"),
        ({"to": "production", "environment": "production"}, "to"),
    ],
    ids=str,
)
def test_wrong_input_names_its_field(
    cast: Cast, version: ModelVersion, changes: dict[str, Any], field: str
) -> None:
    now = given.until()
    asked: dict[str, Any] = {
        name: now + value if isinstance(value, timedelta) else value for name, value in changes.items()
    }
    with pytest.raises(Invalid) as refused:
        given.ask(cast, version, **asked)
    assert field in dict(refused.value.errors)


def test_one_for_an_environment_the_policy_does_not_know_is_refused(
    cast: Cast, version: ModelVersion
) -> None:
    with pytest.raises(Conflict, match="no environment"):
        given.ask(cast, version, environment="moon")


# --- it counts for exactly what it was granted for ---


def test_one_of_another_version_does_not_count(cast: Cast, version: ModelVersion, printer: None) -> None:
    given.approve(cast, given.ask(cast, version))
    other = given.failed(cast, version.model.system, "2")
    for made in (version, other):
        staging.approve(cast, made)
        staging.report(cast, made)
    assert given.door(cast, version).verdict is Verdict.ALLOW_WITH_WAIVER
    assert given.door(cast, other).verdict is Verdict.DENY


def test_one_of_a_door_does_not_take_the_step(cast: Cast, version: ModelVersion, printer: None) -> None:
    given.approve(cast, given.ask(cast, version, environment="production"))
    staging.allowed(cast, version)
    assert given.door(cast, version).verdict is Verdict.ALLOW_WITH_WAIVER
    with pytest.raises(AssayError) as refused:
        transitions.request(actor=cast.actor("dev"), version=version, to="production")
    assert refused.value.code == "gate.refused"


def test_new_evidence_ends_it(cast: Cast, version: ModelVersion, printer: None) -> None:
    given.approve(cast, given.ask(cast, version))
    given.measured_again(cast, version)
    states = {f.code: f.state.value for f in given.door(cast, version).findings}
    assert states[given.CHECK] == "open"


def test_it_is_over_a_second_after_its_time(cast: Cast, version: ModelVersion, printer: None) -> None:
    waiver = given.approve(cast, given.ask(cast, version))
    staging.allowed(cast, version)
    at = waiver.expires_at
    for now, verdict in (
        (at - timedelta(seconds=1), Verdict.ALLOW_WITH_WAIVER),
        (at, Verdict.DENY),
        (at + timedelta(seconds=1), Verdict.DENY),
    ):
        found = gathering.gather_version(version, now=now).at_door("production")
        assert asking.made(found).verdict is verdict


def test_a_stored_allow_ends_with_it(cast: Cast, version: ModelVersion, printer: None) -> None:
    waiver = given.approve(cast, given.ask(cast, version, expires_at=given.until(minutes=30)))
    staging.allowed(cast, version)
    assert given.door(cast, version).holds_until == waiver.expires_at


# --- who may approve ---


def refused_because(cast: Cast, waiver: Waiver, actor: Any) -> str:
    """What the log says of an attempt that was refused."""
    with pytest.raises(Denied) as refused:
        waivers.approve(actor=actor, waiver=waiver, digest=waiver.digest)
    assert refused.value.code == "waiver.excluded"
    waiver.refresh_from_db()
    assert waiver.state == WaiverState.REQUESTED
    [entry] = LedgerEntry.objects.filter(event="waiver.excluded")
    return str(json.loads(bytes(entry.body))["data"]["why"])


def test_nobody_approves_what_they_asked_for(cast: Cast, version: ModelVersion) -> None:
    grant(cast, "vera", Role.DEVELOPER)
    assert refused_because(cast, given.ask(cast, version, by="vera"), cast.actor("vera")) == "asked for it"


def test_nobody_approves_for_their_own_version(cast: Cast, version: ModelVersion) -> None:
    grant(cast, "dev", Role.VALIDATOR)
    grant(cast, "rita", Role.DEVELOPER)
    assert (
        refused_because(cast, given.ask(cast, version, by="rita"), cast.actor("dev"))
        == "registered this version"
    )


def test_a_service_account_approves_nothing_whoever_answers_for_it(cast: Cast, version: ModelVersion) -> None:
    waiver = given.ask(cast, version)
    grant(cast, "ci", Role.VALIDATOR)
    assert "service account" in refused_because(cast, waiver, cast.actor("ci"))


def test_what_a_service_account_asks_for_its_person_does_not_approve(
    cast: Cast, version: ModelVersion
) -> None:
    robot = people.create_service_account(
        actor=cast.actor("olga"), organisation=cast.acme, name="robot", responsible=cast.vera
    )
    people.grant_role(actor=cast.actor("olga"), organisation=cast.acme, user=robot, role=Role.DEVELOPER)
    cast.robot = robot  # type: ignore[attr-defined]
    assert refused_because(cast, given.ask(cast, version, by="robot"), cast.actor("vera")) == "asked for it"


def test_a_second_account_of_the_requester_is_the_requester(cast: Cast, version: ModelVersion) -> None:
    second = User.objects.create_user("dev2", "dev2@example.org", PASSWORD, responsible=cast.dev)
    people.grant_role(actor=cast.actor("olga"), organisation=cast.acme, user=second, role=Role.VALIDATOR)
    cast.second = second  # type: ignore[attr-defined]
    assert refused_because(cast, given.ask(cast, version), cast.actor("second")) == "asked for it"


@pytest.mark.parametrize(
    ("asks", "why"),
    [
        ("dev", "acts for someone who asked for it"),
        ("olga", "acts for someone who registered this version"),
    ],
)
def test_a_delegate_of_who_had_a_part_in_it_is_bound_like_them(
    cast: Cast, version: ModelVersion, asks: str, why: str
) -> None:
    grant(cast, "dev", Role.APPROVER)
    waiver, lent = given.ask(cast, version, by=asks), lend(cast, "dev", "rita", Role.APPROVER)
    assert waivers.choice(cast.actor("rita"), waiver).why_not.startswith(
        "You cannot approve this waiver: you act for someone"
    )
    assert refused_because(cast, waiver, cast.actor("rita")) == why
    delegations.revoke(actor=cast.actor("dev"), delegation=lent)
    assert given.approve(cast, waiver, "rita").state == WaiverState.APPROVED


def test_a_delegate_of_who_approved_the_last_one_does_not_approve_the_next(
    cast: Cast, version: ModelVersion
) -> None:
    grant(cast, "adam", Role.REVIEWER)
    given.approve(cast, given.ask(cast, version), "adam")
    renewal = given.ask(cast, version, expires_at=given.until(days=15))
    lent = lend(cast, "adam", "cora", Role.APPROVER)
    assert refused_because(cast, renewal, cast.actor("cora")) == (
        "acts for someone who approved the waiver that this one renews"
    )
    delegations.revoke(actor=cast.actor("adam"), delegation=lent)
    assert given.approve(cast, renewal, "cora").state == WaiverState.APPROVED


def test_one_whose_approver_comes_to_act_for_who_asked_counts_no_more(
    cast: Cast, version: ModelVersion, printer: None
) -> None:
    grant(cast, "dev", Role.APPROVER)
    given.approve(cast, given.ask(cast, version), "rita")
    staging.allowed(cast, version)
    assert given.door(cast, version).allows
    lent = lend(cast, "dev", "rita", Role.APPROVER)
    assert not given.door(cast, version).allows
    delegations.revoke(actor=cast.actor("dev"), delegation=lent)
    assert given.door(cast, version).allows


def test_a_superuser_without_a_role_finds_nothing(cast: Cast, version: ModelVersion) -> None:
    waiver = given.ask(cast, version)
    with pytest.raises(NotFound):
        given.approve(cast, waiver, "root")
    with pytest.raises(NotFound):
        given.approve(cast, waiver, "oscar")


def test_it_takes_a_role_the_policy_names(cast: Cast, version: ModelVersion) -> None:
    waiver = given.ask(cast, version)
    with pytest.raises(Denied, match="a validator or a risk reviewer") as refused:
        given.approve(cast, waiver, "adam")
    assert refused.value.code == "waiver.no_role"
    assert given.approve(cast, waiver, "rita").approved_role == Role.REVIEWER


def test_an_approver_who_lost_the_role_stands_for_nothing(
    cast: Cast, version: ModelVersion, printer: None
) -> None:
    given.approve(cast, given.ask(cast, version), "rita")
    staging.allowed(cast, version)
    assert given.door(cast, version).allows
    grant_ = cast.rita.memberships.get().grants.get(role=Role.REVIEWER)
    people.revoke_role(actor=cast.actor("olga"), grant=grant_)
    assert not given.door(cast, version).allows


def test_it_is_approved_in_the_words_that_were_read(cast: Cast, version: ModelVersion) -> None:
    waiver = given.ask(cast, version)
    with pytest.raises(Conflict) as refused:
        waivers.approve(actor=cast.actor("vera"), waiver=waiver, digest="sha256:" + "0" * 64)
    assert refused.value.code == "waiver.other_terms"


def test_what_changed_since_it_was_asked_is_asked_again(cast: Cast, version: ModelVersion) -> None:
    waiver = given.ask(cast, version)
    given.measured_again(cast, version)
    with pytest.raises(Conflict) as refused:
        given.approve(cast, waiver)
    assert refused.value.code == "waiver.stale"


# --- it never changes afterwards ---


def test_terms_edited_afterwards_count_for_nothing(cast: Cast, version: ModelVersion, printer: None) -> None:
    waiver = given.approve(cast, given.ask(cast, version))
    staging.allowed(cast, version)
    assert given.door(cast, version).allows
    longer = waiver.terms.replace(str(waiver.expires_at.year), str(waiver.expires_at.year + 1))
    Waiver.objects.filter(pk=waiver.pk).update(terms=longer)
    make_document(cast, version.model.system, "dpia")  # so that nothing is answered from what was stored
    assert not given.door(cast, version).allows


def test_terms_edited_before_cannot_be_approved(cast: Cast, version: ModelVersion) -> None:
    waiver = given.ask(cast, version)
    Waiver.objects.filter(pk=waiver.pk).update(terms=waiver.terms.replace("woman", "man"))
    with pytest.raises(Conflict) as refused:
        given.approve(cast, waiver)
    assert refused.value.code == "waiver.tampered"


def test_the_database_itself_wants_two_people(cast: Cast, version: ModelVersion) -> None:
    waiver = given.approve(cast, given.ask(cast, version))
    for change in ({"approved_by": waiver.requested_by}, {"approved_by": None}, {"state": "requested"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Waiver.objects.filter(pk=waiver.pk).update(**change)


@pytest.mark.parametrize("verb", ["approve", "refuse", "revoke"])
def test_what_is_decided_is_decided(cast: Cast, version: ModelVersion, verb: str) -> None:
    waiver = given.ask(cast, version)
    waivers.refuse(actor=cast.actor("vera"), waiver=waiver, reason="No.")
    call: dict[str, Any] = {"digest": waiver.digest} if verb == "approve" else {"reason": "Again."}
    with pytest.raises(Conflict) as refused:
        getattr(waivers, verb)(actor=cast.actor("rita"), waiver=waiver, **call)
    assert refused.value.code == "waiver.closed"


def test_revoked_it_counts_no_more_and_its_days_stay_used(
    cast: Cast, version: ModelVersion, printer: None
) -> None:
    waiver = given.approve(cast, given.ask(cast, version, expires_at=given.until(days=29)))
    staging.allowed(cast, version)
    assert given.door(cast, version).allows
    waivers.revoke(actor=cast.actor("dev"), waiver=waiver, reason="Corrected in version 2.")
    decided = given.door(cast, version)
    assert not decided.allows
    assert {f.code: f.state.value for f in decided.findings}["approvals.validator"] == "stale"
    again = given.ask(cast, version, expires_at=given.until(days=29))
    choice = waivers.choice(cast.actor("cora"), again)
    assert choice.budget is not None
    assert choice.budget.used_days == 58


def test_an_auditor_ends_none(cast: Cast, version: ModelVersion) -> None:
    waiver = given.ask(cast, version)
    for verb in (waivers.refuse, waivers.revoke):
        with pytest.raises(Denied):
            verb(actor=cast.actor("aud"), waiver=waiver, reason="No.")


# --- renewals climb, and the year has only so many days ---


def test_a_renewal_takes_a_higher_role_and_begins_when_the_first_ends(
    cast: Cast, version: ModelVersion
) -> None:
    first = given.approve(cast, given.ask(cast, version))
    renewal = given.ask(cast, version, expires_at=given.until(days=15))
    assert (renewal.renewal, renewal.renews, renewal.starts) == (1, first, first.expires_at)
    with pytest.raises(Denied, match="a compliance officer"):
        given.approve(cast, renewal, "rita")
    assert given.approve(cast, renewal, "cora").approved_role == Role.COMPLIANCE_OFFICER
    with pytest.raises(Conflict) as refused:
        given.ask(cast, version, expires_at=given.until(days=20))
    assert refused.value.code == "waiver.no_more_renewals"


def test_nobody_approves_twice_in_a_row(cast: Cast, version: ModelVersion) -> None:
    grant(cast, "vera", Role.COMPLIANCE_OFFICER)
    given.approve(cast, given.ask(cast, version), "vera")
    renewal = given.ask(cast, version, expires_at=given.until(days=15))
    assert refused_because(cast, renewal, cast.actor("vera")) == "approved the waiver that this one renews"
    assert given.approve(cast, renewal, "cora").state == WaiverState.APPROVED


def test_of_two_first_waivers_the_second_is_a_renewal(cast: Cast, version: ModelVersion) -> None:
    first, second = given.ask(cast, version), given.ask(cast, version)
    assert (first.renewal, second.renewal) == (0, 0)
    given.approve(cast, first)
    with pytest.raises(Conflict) as refused:
        given.approve(cast, second, "rita")
    assert refused.value.code == "waiver.is_a_renewal"


def test_a_renewal_under_another_name_is_a_renewal(cast: Cast, version: ModelVersion) -> None:
    """For a door instead of the step, from another date: still the same finding."""
    given.approve(cast, given.ask(cast, version))
    again = given.ask(
        cast,
        version,
        to="",
        environment="production",
        starts=given.until(days=12),
        expires_at=given.until(days=13),
    )
    assert again.renewal == 1


def test_the_budget_counts_every_version_of_the_model(cast: Cast, version: ModelVersion) -> None:
    others = [given.failed(cast, version.model.system, name) for name in ("2", "3")]
    for made in (version, others[0]):
        given.approve(cast, given.ask(cast, made, expires_at=given.until(days=29)))
    third = given.ask(cast, others[1], expires_at=given.until(days=5))
    with pytest.raises(
        Conflict, match="would have 63 waiver-days within a year; the policy gives 60"
    ) as refused:
        given.approve(cast, third)
    assert refused.value.code == "waiver.budget"
    assert given.approve(cast, given.ask(cast, others[1], expires_at=given.until(days=1))).state == "approved"


def test_who_looks_at_it_is_told_what_an_approval_would_meet(cast: Cast, version: ModelVersion) -> None:
    waiver = given.ask(cast, version)
    told = {name: waivers.choice(cast.actor(name), waiver) for name in ("vera", "dev", "adam")}
    assert (told["vera"].roles, told["vera"].why_not) == ((Role.VALIDATOR,), "")
    assert "it needs the permission" in told["dev"].why_not
    assert told["adam"].why_not.startswith("This waiver is approved by a validator or a risk reviewer.")
    assert told["adam"].budget is not None
    assert (told["adam"].budget.used_days, told["adam"].budget.left_days) == (10, 50)
    assert not LedgerEntry.objects.filter(event="waiver.excluded").exists()  # to look is no attempt
