"""The hostile cases of approvals, each beside the harmless case that must work."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from governance.models import ApprovalRequest, Vote, VoteVerdict
from governance.services import approvals, decisions, delegations, transitions
from registry.actors import Actor, Limits
from registry.errors import Denied, GateRefused, Invalid
from registry.ledger import record
from registry.models import LedgerEntry, ModelVersion, User
from registry.services import people
from registry.stages import Role
from tests.calls import api
from tests.cast import Cast, grant
from tests.governance import staging
from tests.governance.test_voting import ask, at_validation, lend, move, open_lines
from tests.make import make_version

VALIDATOR = "[{role: validator}]"


def through_the_api(cast: Cast, request: ApprovalRequest, name: str, **more: object) -> None:
    body = {"verdict": "approve", "subject_digest": request.subject_digest, **more}
    answer = api(cast, name).post(f"/api/v1/approval-requests/{request.pk}/votes", body)
    if answer.status_code != 201:
        raise Denied(answer.json()["detail"], code=answer.json()["code"])


def by_service(cast: Cast, request: ApprovalRequest) -> None:
    staging.vote(cast, request, "dev")


def by_api(cast: Cast, request: ApprovalRequest) -> None:
    through_the_api(cast, request, "dev")


def by_superuser(cast: Cast, request: ApprovalRequest) -> None:
    User.objects.filter(pk=cast.dev.pk).update(is_superuser=True, is_staff=True)
    cast.dev.refresh_from_db()
    staging.vote(cast, request, "dev")


def by_second_account(cast: Cast, request: ApprovalRequest) -> None:
    grant(cast, "rita", Role.VALIDATOR)
    User.objects.filter(pk=cast.rita.pk).update(responsible=cast.dev)
    cast.rita.refresh_from_db()
    staging.vote(cast, request, "rita")


def by_service_account(cast: Cast, request: ApprovalRequest) -> None:
    grant(cast, "ci", Role.VALIDATOR)
    staging.vote(cast, request, "ci")


def by_delegate(cast: Cast, request: ApprovalRequest) -> None:
    staging.vote(cast, request, "aud", delegation=lend(cast, "dev", "aud", Role.VALIDATOR))


def as_delegate(cast: Cast, request: ApprovalRequest) -> None:
    lend(cast, "vera", "dev", Role.VALIDATOR)


@pytest.mark.parametrize(
    "way", [by_service, by_api, by_superuser, by_second_account, by_service_account, by_delegate, as_delegate]
)
def test_f1_an_author_does_not_approve_by_any_door(
    cast: Cast, way: Callable[[Cast, ApprovalRequest], None]
) -> None:
    version = at_validation(cast, VALIDATOR)
    grant(cast, "dev", Role.VALIDATOR)
    request = ask(cast, version)
    with pytest.raises((Denied, Invalid)):
        way(cast, request)
    assert not Vote.objects.exists()
    with pytest.raises(GateRefused):
        move(cast, version)
    staging.vote(cast, request, "vera")  # somebody independent can
    assert move(cast, version).stage == "compliance"


def deactivate(cast: Cast) -> None:
    User.objects.filter(pk=cast.vera.pk).update(is_active=False)


def empty_the_role(cast: Cast) -> None:
    people.revoke_role(actor=cast.actor("olga"), grant=cast.vera.memberships.get().grants.get())


@pytest.mark.parametrize("change", [deactivate, empty_the_role])
def test_f2_nobody_to_ask_is_not_an_approval(cast: Cast, change: Callable[[Cast], None]) -> None:
    version = at_validation(cast, VALIDATOR)
    staging.vote(cast, ask(cast, version), "vera")
    assert open_lines(cast, version) == {}
    change(cast)
    assert set(open_lines(cast, version)) == {"approvals.validator", "approvals.staffing"}
    with pytest.raises(GateRefused):
        move(cast, version)


@pytest.mark.parametrize("seats", ["[]", "[{role: validator, count: 0}]", "[{role: nobody}]"])
def test_f2_a_policy_that_asks_nobody_is_no_policy(cast: Cast, seats: str) -> None:
    with pytest.raises(Invalid):
        at_validation(cast, seats)
    at_validation(cast, VALIDATOR)


def reading_only(user: User) -> Actor:
    """Somebody with a token that was issued for reading."""
    return Actor.of(user, limits=Limits(datetime.now(UTC) + timedelta(days=1), frozenset({"view"})))


def test_a_token_for_reading_does_not_vote_in_a_lent_role(cast: Cast) -> None:
    version = at_validation(cast, VALIDATOR)
    request = ask(cast, version)
    lent = lend(cast, "vera", "aud", Role.VALIDATOR)
    word: dict[str, Any] = {"verdict": VoteVerdict.APPROVE, "subject_digest": request.subject_digest}
    with pytest.raises(Denied) as refused:
        approvals.vote(
            actor=reading_only(cast.aud), request=request, role=Role.VALIDATOR, delegation=lent, **word
        )
    assert refused.value.recorded
    assert approvals.ballot(reading_only(cast.aud), request).ways == ()
    assert not Vote.objects.exists()
    approvals.vote(actor=cast.actor("aud"), request=request, role=Role.VALIDATOR, delegation=lent, **word)
    with pytest.raises(Denied):
        delegations.revoke(actor=reading_only(cast.vera), delegation=lent)


def as_their_machine(cast: Cast) -> Actor:
    owner, acme = cast.actor("olga"), cast.acme
    bot = people.create_service_account(actor=owner, organisation=acme, name="bot", responsible=cast.vera)
    people.grant_role(actor=owner, organisation=acme, user=bot, role=Role.CI)
    return Actor.of(bot)


@pytest.mark.parametrize("who", [lambda cast: reading_only(cast.vera), as_their_machine])
def test_a_rejection_is_taken_back_by_the_person_and_not_by_their_machine(
    cast: Cast, who: Callable[[Cast], Actor]
) -> None:
    version = at_validation(cast, VALIDATOR)
    rejected = staging.vote(cast, ask(cast, version), "vera", VoteVerdict.REJECT)
    with pytest.raises(Denied):
        approvals.withdraw_vote(actor=who(cast), vote=rejected, reason="It is in the way.")
    assert LedgerEntry.objects.filter(event="access.denied").count() == 1
    taken = approvals.withdraw_vote(actor=cast.actor("vera"), vote=rejected, reason="I misread it.")
    assert taken.withdrawn_at is not None


def lose_it_meanwhile(cast: Cast, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if an owner took a role away while its holder, who may still look on, waits for the log."""
    real, grants = record.hold, list(getattr(cast, name).memberships.get().grants.exclude(role=Role.AUDITOR))

    def late(organisation_id: Any) -> record.Head:
        while grants:
            people.revoke_role(actor=cast.actor("olga"), grant=grants.pop())
        return real(organisation_id)

    monkeypatch.setattr(record, "hold", late)


def test_e5_a_step_is_not_taken_in_a_role_that_was_lost_while_it_waited(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = at_validation(cast, VALIDATOR)
    staging.vote(cast, ask(cast, version), "vera")
    grant(cast, "dev", Role.AUDITOR)
    with monkeypatch.context() as patch:
        lose_it_meanwhile(cast, "dev", patch)
        with pytest.raises(Denied):
            move(cast, version)
    version.refresh_from_db()
    assert version.stage == "validation"
    assert (
        transitions.request(actor=cast.actor("olga"), version=version, to="compliance").stage == "compliance"
    )


def at_staging(cast: Cast, version: ModelVersion) -> decisions.Answer:
    """What the gate says at the door that the step guards."""
    digest = version.artifact.digest
    return decisions.ask(actor=cast.actor("ci"), artifact_digest=digest, environment="staging")


def test_f4_an_approval_of_old_bytes_never_counts_for_new_ones(cast: Cast) -> None:
    first = at_validation(cast, VALIDATOR)
    staging.vote(cast, ask(cast, first), "vera")
    second = make_version(cast, first.model.system, "2", b"other bytes")
    second = transitions.request(actor=cast.actor("dev"), version=second, to="validation")
    assert at_staging(cast, first).decided.allows
    assert not at_staging(cast, second).decided.allows
    # Somebody swaps the bytes of the approved version behind the service's back.
    ModelVersion.objects.filter(pk=first.pk).update(artifact=second.artifact)
    with pytest.raises(GateRefused):
        move(cast, first)


@pytest.mark.parametrize(("seconds", "allowed"), [(-60, True), (1, False)])
def test_f8_an_approval_is_over_at_its_second(cast: Cast, seconds: int, allowed: bool) -> None:
    version = at_validation(cast, VALIDATOR, "within_days: 30")
    staging.vote(cast, ask(cast, version), "vera")
    Vote.objects.update(voted_at=datetime.now(UTC) - timedelta(days=30, seconds=seconds))
    assert (open_lines(cast, version) == {}) == allowed


def test_f8_a_decision_ends_with_the_approval_it_rests_on(cast: Cast) -> None:
    version = at_validation(cast, VALIDATOR, "within_days: 30")
    staging.vote(cast, ask(cast, version), "vera")
    soon = datetime.now(UTC) + timedelta(seconds=2)
    Vote.objects.update(voted_at=soon - timedelta(days=30))
    answer = decisions.ask(
        actor=cast.actor("ci"), artifact_digest=version.artifact.digest, environment="staging"
    )
    assert answer.decided.allows
    assert answer.expires_at == soon


def test_f10_an_approval_is_for_one_step_and_its_doors(cast: Cast) -> None:
    version = at_validation(cast, VALIDATOR)
    staging.vote(cast, ask(cast, version), "vera")
    digest = version.artifact.digest
    staging_door = decisions.ask(actor=cast.actor("ci"), artifact_digest=digest, environment="staging")
    assert staging_door.decided.allows
    other = decisions.ask(actor=cast.actor("ci"), artifact_digest=digest, environment="production")
    assert not other.decided.allows


def test_what_the_api_offers_is_what_the_service_does(cast: Cast) -> None:
    version = at_validation(cast, "[{role: validator}, {role: approver}]")
    client = api(cast, "dev")
    path = f"/api/v1/model-versions/{version.pk}/approval-requests"
    asked = client.post(path, {"to": "compliance"}).json()
    lent = api(cast, "adam").post(
        "/api/v1/delegations",
        {
            "delegate": "aud",
            "role": "approver",
            "starts_on": f"{datetime.now(UTC):%Y-%m-%d}",
            "ends_on": f"{datetime.now(UTC):%Y-%m-%d}",
            "reason": "Holidays.",
        },
    )
    assert lent.status_code == 201, lent.json()
    votes = f"/api/v1/approval-requests/{asked['id']}/votes"
    body = {"verdict": "approve", "subject_digest": asked["subject_digest"]}
    due = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%d}"
    condition = {"text": "Write the plan.", "owner": "dev", "due_on": due}
    mine = api(cast, "vera").post(votes, {**body, "conditions": [condition]})
    assert mine.status_code == 201, mine.json()
    assert [one["text"] for one in mine.json()["conditions"]] == ["Write the plan."]
    other = api(cast, "aud").post(votes, {**body, "delegation": lent.json()["id"]})
    assert (other.status_code, other.json()["on_behalf_of"]) == (201, "Adam")
    told = api(cast, "aud").get(f"/api/v1/approval-requests/{asked['id']}").json()
    assert (len(told["votes"]), told["asked_changes"]) == (2, [])
    open_ones = api(cast, "vera").get("/api/v1/conditions").json()["results"]
    confirmed = api(cast, "vera").post(
        f"/api/v1/conditions/{open_ones[0]['id']}/confirmation", {"note": "Seen."}
    )
    assert (confirmed.status_code, confirmed.json()["met_by"]) == (200, "Vera")
    back = api(cast, "vera").post(f"/api/v1/votes/{mine.json()['id']}/withdrawal", {"reason": "I misread."})
    assert (back.status_code, back.json()["withdrawn_why"]) == (200, "I misread.")
    ended = api(cast, "adam").post(f"/api/v1/delegations/{lent.json()['id']}/revocation", {})
    assert ended.status_code == 200
    assert ended.json()["revoked_at"]
    assert api(cast, "vera").post(votes, {**body, "conditions": [{**condition, "x": 1}]}).status_code == 400
    for name, status in (("oscar", 404), ("adam", 403)):
        path = f"/api/v1/votes/{mine.json()['id']}/withdrawal"
        assert api(cast, name).post(path, {"reason": "No."}).status_code == status


def test_a_system_is_asked_about_over_the_api(cast: Cast) -> None:
    version = at_validation(cast, VALIDATOR)
    path = f"/api/v1/systems/{version.model.system_id}/approval-requests"
    answer = api(cast, "dev").post(path, {"to": "data_sourcing"})
    assert (answer.status_code, answer.json()["model_version"]) == (201, None)
    assert api(cast, "oscar").post(path, {"to": "data_sourcing"}).status_code == 404
    assert api(cast, "vera").post(path, {"to": "data_sourcing"}).status_code == 403
    assert api(cast, "dev").post(path, {"to": "live"}).status_code == 409
