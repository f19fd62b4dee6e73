"""A refused attempt to change something stands in the log; a read, and what is foreign, leaves no trace there."""

import json
from typing import Any

import pytest

from governance.services import approvals, decisions, policies
from registry.errors import Denied, Invalid, NotFound
from registry.ledger import record
from registry.ledger.models import LedgerEntry, PersonalText
from registry.models import IdempotentAnswer, Organisation, RoleGrant, System
from registry.services import people, systems, tokens
from registry.stages import RiskTier, Role
from tests.calls import api
from tests.cast import Cast
from tests.governance import staging
from tests.make import make_system, make_version

SYSTEM = {"slug": "credit", "name": "Credit scoring", "purpose": "Decide on credit.", "risk_tier": "high"}


def denials(organisation: Organisation) -> list[dict[str, Any]]:
    """What the organisation's log tells about refused attempts, oldest first."""
    rows = LedgerEntry.objects.filter(organisation_id=organisation.pk, event="access.denied")
    return [json.loads(bytes(row.body)) for row in rows.order_by("index")]


def other(cast: Cast) -> Organisation:
    return cast.oscar.memberships.get().organisation


def register(cast: Cast, name: str) -> System:
    return systems.register(
        actor=cast.actor(name),
        organisation=cast.acme,
        slug="x",
        name="X",
        purpose="",
        risk_tier=RiskTier.HIGH,
    )


def test_it_works(cast: Cast) -> None:
    with pytest.raises(Denied) as refused:
        register(cast, "aud")
    (entry,) = denials(cast.acme)
    assert refused.value.recorded
    assert entry["actor"]["id"] == str(cast.aud.pk)
    assert entry["subject"] == {"kind": "organisation", "id": str(cast.acme.pk)}
    assert entry["data"]["permission"] == "register"
    assert "commitment" in entry["data"]["reason"]
    assert PersonalText.objects.get(index=entry["index"], key="reason").text == refused.value.message


def test_it_names_the_system_that_was_reached_for(cast: Cast) -> None:
    version = make_version(cast, make_system(cast))
    with pytest.raises(Denied):
        approvals.request(actor=cast.actor("vera"), version=version, to="production")
    (entry,) = denials(cast.acme)
    assert entry["system"] == str(version.model.system_id)
    assert entry["subject"] == {"kind": "modelversion", "id": str(version.pk)}


def test_what_was_done_before_the_refusal_is_rolled_back(cast: Cast) -> None:
    def change_then_fail() -> None:
        with record.transaction():
            make_system(cast)
            register(cast, "aud")

    with pytest.raises(Denied):
        change_then_fail()
    assert not System.objects.exists()
    assert not LedgerEntry.objects.filter(event="system.registered").exists()
    assert len(denials(cast.acme)) == 1


def test_a_refusal_that_is_handled_inside_a_change_leaves_no_entry(cast: Cast) -> None:
    with record.transaction():
        with pytest.raises(Denied):
            register(cast, "aud")
        make_system(cast)
    assert denials(cast.acme) == []
    assert System.objects.count() == 1


def test_an_outsider_leaves_no_trace_in_a_foreign_log(cast: Cast) -> None:
    with pytest.raises(NotFound):
        register(cast, "oscar")
    with pytest.raises(NotFound):
        register(cast, "root")
    assert denials(cast.acme) == denials(other(cast)) == []


def test_other_refusals_and_reads_leave_none(cast: Cast) -> None:
    assert api(cast, "ci").get("/api/v1/ledger/entries").status_code == 403
    with pytest.raises(Invalid):
        tokens.issue(actor=cast.actor("dev"), organisation=cast.acme, user=cast.dev, name="x", days=0)
    assert denials(cast.acme) == []


def test_trying_to_change_ones_own_roles_is_told(cast: Cast) -> None:
    with pytest.raises(Denied):
        people.grant_role(
            actor=cast.actor("olga"), organisation=cast.acme, user=cast.olga, role=Role.APPROVER
        )
    with pytest.raises(Denied):
        people.revoke_role(
            actor=cast.actor("olga"),
            grant=RoleGrant.objects.get(role=Role.OWNER, membership__organisation=cast.acme),
        )
    assert [entry["data"]["permission"] for entry in denials(cast.acme)] == ["people.own_roles"] * 2


def test_asking_the_gate_without_the_permission_is_told(cast: Cast) -> None:
    version = make_version(cast, make_system(cast))
    with pytest.raises(Denied):
        decisions.ask(
            actor=cast.actor("aud"), artifact_digest=version.artifact.digest, environment="production"
        )
    assert [entry["data"]["permission"] for entry in denials(cast.acme)] == ["ask_gate"]


def test_an_upload_without_the_permission_is_told(cast: Cast) -> None:
    answer = api(cast, "aud").post("/api/v1/artifacts", b"x", content_type="application/octet-stream")
    assert answer.status_code == 403
    assert [entry["data"]["permission"] for entry in denials(cast.acme)] == ["register"]


def test_a_refusal_leaves_a_stored_decision_in_force(cast: Cast) -> None:
    version = make_version(cast, make_system(cast))
    first = decisions.ask(actor=cast.actor("ci"), artifact_digest=version.artifact.digest, environment="test")
    with pytest.raises(Denied):
        policies.publish_defaults(actor=cast.actor("dev"), organisation=cast.acme)
    again = decisions.ask(actor=cast.actor("ci"), artifact_digest=version.artifact.digest, environment="test")
    assert again.decision_id == first.decision_id


def test_it_stands_also_behind_an_idempotency_key(cast: Cast) -> None:
    aud = api(cast, "aud")
    answers = [aud.post("/api/v1/systems", SYSTEM, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert len(denials(cast.acme)) == 2
    assert not IdempotentAnswer.objects.exists()
    # The positive control: the same key, once the permission is there, carries the write out.
    people.grant_role(actor=cast.actor("olga"), organisation=cast.acme, user=cast.aud, role=Role.DEVELOPER)
    answer = aud.post("/api/v1/systems", SYSTEM, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201, answer.json()


def test_it_stands_when_a_page_refuses(cast: Cast, client: Any) -> None:
    version = staging.at_validation(cast)
    client.force_login(cast.aud, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post(f"/versions/{version.pk}/request-approval").status_code == 403
    assert [entry["actor"]["id"] for entry in denials(cast.acme)] == [str(cast.aud.pk)]


def test_a_service_account_that_votes_is_told(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    asked = approvals.request(actor=cast.actor("dev"), version=version, to="production")
    people.grant_role(actor=cast.actor("olga"), organisation=cast.acme, user=cast.ci, role=Role.VALIDATOR)
    body = {"verdict": "approve", "subject_digest": asked.subject_digest, "role": "validator"}
    answer = api(cast, "ci").post(f"/api/v1/approval-requests/{asked.pk}/votes", body)
    assert (answer.status_code, answer.json()["code"]) == (403, "approval.not_a_person")
    kept = LedgerEntry.objects.get(event="approval.vote_refused")
    assert json.loads(bytes(kept.body))["data"]["refusal"] == "approval.not_a_person"
    assert denials(cast.acme) == []  # once is enough
