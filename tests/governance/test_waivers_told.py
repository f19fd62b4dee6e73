"""What waivers leave behind, and what is told of them beforehand: each whole."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from governance.gates import codec
from governance.gates.waiving import WaiverTerms
from governance.models import Policy, Waiver, WaiverState
from governance.services import waiver_terms, waivers
from registry.models import ModelVersion
from registry.stages import Role
from tests.calls import api
from tests.cast import Cast, grant
from tests.governance import exceptional as given
from tests.governance import staging
from tests.governance.gates import facts
from tests.log import logged
from tests.refusals import refused

OTHER = "sha256:" + "0" * 64


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """A version at compliance with one failed check, under a policy that allows waivers of checks."""
    return given.failed(cast)


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    """The code and the sentence with which a call is refused."""
    error = refused(call)
    return error.code, error.message


def row(waiver: Waiver) -> dict[str, Any]:
    """The waiver as it stands in the database."""
    return dict(Waiver.objects.filter(pk=waiver.pk).values().get())


def told(waiver: Waiver, by: str) -> dict[str, Any]:
    """What every entry about a waiver says."""
    on = {"kind": "waiver", "id": str(waiver.pk)}
    about = {"waiver_id": str(waiver.pk), "digest": waiver.digest}
    return {"by": by, "on": on, "in": str(waiver.system_id), **about}


def asked_for(version: ModelVersion, waiver: Waiver, **changes: Any) -> WaiverTerms:
    """The terms that are signed for the failed check."""
    gathered = waiver_terms.facts_of(waiver)
    terms: dict[str, Any] = {
        "model_version": str(version.pk),
        "step": "compliance→production",
        "environment": "",
        "findings": waiver_terms.covered(gathered, waiver_terms.rules_of(gathered), [given.CHECK]),
        "reason": "The next version corrects it.",
        "compensating_control": "Every refusal of a woman is looked at by a person.",
        "requester": str(version.created_by_id),
        "starts": waiver.starts,
        "expires_at": waiver.expires_at,
        "renews": "",
        "renewal": 0,
    }
    return WaiverTerms(**{**terms, **changes})


def test_what_is_asked_for_is_kept_and_logged(cast: Cast, version: ModelVersion) -> None:
    ends = given.until(days=10)
    waiver = given.ask(cast, version, expires_at=ends, reason=" The next version corrects it. ")
    terms = asked_for(version, waiver)
    assert row(waiver) == {
        "id": waiver.pk,
        "system_id": version.model.system_id,
        "model_version_id": version.pk,
        "step": terms.step,
        "environment": "",
        "terms": codec.canonical(terms).decode(),
        "digest": codec.digest(terms),
        "starts": waiver.starts,
        "expires_at": ends,
        "renews_id": None,
        "renewal": 0,
        "state": WaiverState.REQUESTED,
        "requested_by_id": cast.dev.pk,
        "requested_at": waiver.requested_at,
        "approved_by_id": None,
        "approved_role": "",
        "approved_at": None,
        "closed_by_id": None,
        "closed_at": None,
        "closed_reason": "",
    }
    assert logged("waiver.requested") == [
        {
            **told(waiver, "Dev"),
            "model_version_id": str(version.pk),
            "step": terms.step,
            "environment": "",
            "starts": codec.moment(waiver.starts),
            "expires_at": codec.moment(ends),
            "renewal": 0,
            "findings": given.CHECK,
            "reason": terms.reason,
            "compensating_control": terms.compensating_control,
        }
    ]
    assert datetime.now(UTC) - waiver.starts < timedelta(minutes=5)


def test_so_is_one_for_a_door_from_a_day_that_is_named(cast: Cast, version: ModelVersion) -> None:
    starts = given.until(days=2)
    waiver = given.ask(
        cast,
        version,
        environment="production",
        starts=starts,
        compensating_control=" A person looks. ",
    )
    assert codec.read(WaiverTerms, waiver.terms) == asked_for(
        version, waiver, environment="production", starts=starts, compensating_control="A person looks."
    )
    assert (waiver.step, waiver.environment, waiver.starts) == (
        "compliance→production",
        "production",
        starts,
    )
    [entry] = logged("waiver.requested")
    assert (entry["environment"], entry["starts"]) == ("production", codec.moment(starts))


def test_a_renewal_names_what_it_renews(cast: Cast, version: ModelVersion) -> None:
    first = given.approve(cast, given.ask(cast, version))
    renewal = given.ask(cast, version, expires_at=given.until(days=15))
    assert codec.read(WaiverTerms, renewal.terms) == asked_for(
        version, renewal, renews=str(first.pk), renewal=1
    )
    assert (row(renewal)["renews_id"], row(renewal)["renewal"]) == (first.pk, 1)
    assert [entry["renewal"] for entry in logged("waiver.requested")] == [0, 1]


def test_an_approval_is_kept_and_logged(cast: Cast, version: ModelVersion) -> None:
    waiver = given.ask(cast, version)
    before = row(waiver)
    given.approve(cast, waiver)
    after = row(waiver)
    assert datetime.now(UTC) - after["approved_at"] < timedelta(minutes=5)
    assert after == {
        **before,
        "state": WaiverState.APPROVED,
        "approved_by_id": cast.vera.pk,
        "approved_role": Role.VALIDATOR,
        "approved_at": after["approved_at"],
    }
    assert logged("waiver.approved") == [
        {
            **told(waiver, "Vera"),
            "model_version_id": str(version.pk),
            "role": "validator",
            "starts": codec.moment(waiver.starts),
            "expires_at": codec.moment(waiver.expires_at),
        }
    ]


def test_who_holds_two_roles_approves_in_the_first_the_policy_names_or_in_the_one_they_name(
    cast: Cast, version: ModelVersion
) -> None:
    for role in (Role.REVIEWER, Role.COMPLIANCE_OFFICER):
        grant(cast, "vera", role)
    waiver = given.ask(cast, version)
    also = given.ask(cast, given.failed(cast, version.model.system, "2"))
    assert waivers.choice(cast.actor("vera"), waiver).roles == (Role.VALIDATOR, Role.REVIEWER)
    none = "This waiver is approved by a validator or a risk reviewer. You hold no such role here."
    wanted: dict[str, Any] = {"waiver": waiver, "digest": waiver.digest, "role": Role.COMPLIANCE_OFFICER}
    assert refusal(lambda: waivers.approve(actor=cast.actor("vera"), **wanted)) == ("waiver.no_role", none)
    [entry] = logged("access.denied")
    assert (entry["by"], entry["on"]["id"], entry["permission"]) == ("Vera", str(waiver.pk), "waiver.no_role")
    approved = waivers.approve(
        actor=cast.actor("vera"), waiver=waiver, digest=waiver.digest, role=Role.REVIEWER
    )
    assert (approved.approved_role, given.approve(cast, also).approved_role) == ("reviewer", "validator")


def test_an_attempt_by_who_asked_is_logged_and_refused(cast: Cast, version: ModelVersion) -> None:
    grant(cast, "vera", Role.DEVELOPER)
    waiver = given.ask(cast, version, by="vera")
    sentence = "You cannot approve this waiver: you asked for it. Somebody independent has to."
    assert waivers.choice(cast.actor("vera"), waiver).why_not == sentence
    assert refusal(lambda: given.approve(cast, waiver)) == ("waiver.excluded", sentence)
    assert logged("waiver.excluded") == [{**told(waiver, "Vera"), "why": "asked for it"}]
    assert logged("access.denied") == []


def test_an_attempt_under_a_key_stays_in_the_log_and_is_one(cast: Cast, version: ModelVersion) -> None:
    grant(cast, "vera", Role.DEVELOPER)
    waiver, client = given.ask(cast, version, by="vera"), api(cast, "vera")
    path, key = f"/api/v1/waivers/{waiver.pk}/approval", {"Idempotency-Key": "one"}
    for _ in range(2):
        answer = client.post(path, {"digest": waiver.digest}, format="json", headers=key)
        assert (answer.status_code, answer.json()["code"]) == (403, "waiver.excluded")
    assert logged("waiver.excluded") == [{**told(waiver, "Vera"), "why": "asked for it"}]


def test_a_machine_is_refused_in_words(cast: Cast, version: ModelVersion) -> None:
    grant(cast, "ci", Role.VALIDATOR)
    sentence = (
        "You cannot approve this waiver: you are a service account, and responsibility is taken by people."
        " Somebody independent has to."
    )
    waiver = given.ask(cast, version)
    assert refusal(lambda: given.approve(cast, waiver, "ci")) == ("waiver.excluded", sentence)


# --- what is told beforehand


def choice(cast: Cast, waiver: Waiver, name: str) -> tuple[Any, ...]:
    """What somebody is told: their roles, why not, days used, and who may approve."""
    found = waivers.choice(cast.actor(name), waiver)
    return found.roles, found.why_not, found.budget and found.budget.used_days, found.approvers


def test_what_an_approval_would_meet_is_told_whole(cast: Cast, version: ModelVersion) -> None:
    waiver, asked = given.ask(cast, version), ("validator", "reviewer")
    no_role = "This waiver is approved by a validator or a risk reviewer. You hold no such role here."
    may_not = (
        "You may not do this here: it needs the permission “vote on approval requests in a role one holds”."
    )
    assert [choice(cast, waiver, name) for name in ("vera", "adam", "dev")] == [
        ((Role.VALIDATOR,), "", 10, asked),
        ((), no_role, 10, asked),
        ((), may_not, 10, asked),
    ]


def test_a_renewal_tells_who_approves_it(cast: Cast, version: ModelVersion) -> None:
    given.approve(cast, given.ask(cast, version), "rita")
    grant(cast, "rita", Role.COMPLIANCE_OFFICER)
    renewal, asked = given.ask(cast, version, expires_at=given.until(days=14.5)), ("compliance_officer",)
    sentence = (
        "You cannot approve this waiver: you approved the waiver that this one renews."
        " Somebody independent has to."
    )
    assert choice(cast, renewal, "cora") == ((Role.COMPLIANCE_OFFICER,), "", 15, asked)
    assert choice(cast, renewal, "rita") == ((), sentence, 15, asked)


@pytest.mark.parametrize("gone", ["the part about waivers", "the policy"])
def test_without_a_policy_that_knows_waivers_there_is_nothing_to_choose(
    cast: Cast, version: ModelVersion, gone: str
) -> None:
    waiver = given.ask(cast, version)
    if gone == "the policy":
        Policy.objects.update(state="superseded")
    else:
        staging.put_into_force(cast, facts.body())
    why_not = "The policy of this system allows no waivers."
    assert choice(cast, waiver, "vera") == ((), why_not, None, ())


def test_the_days_of_a_year_are_told_before_they_are_missing(cast: Cast, version: ModelVersion) -> None:
    others = [given.failed(cast, version.model.system, name) for name in ("2", "3")]
    for made in (version, others[0]):
        given.approve(cast, given.ask(cast, made, expires_at=given.until(days=29)))
    third = given.ask(cast, others[1], expires_at=given.until(days=5))
    sentence = (
        "With this waiver the model would have 63 waiver-days within a year; the policy gives 60."
        " Correct the model, or wait."
    )
    assert choice(cast, third, "vera") == ((), sentence, 63, ("validator", "reviewer"))
    assert refusal(lambda: given.approve(cast, third)) == ("waiver.budget", sentence)


def test_other_terms_or_another_state_are_refused_with_their_code(cast: Cast, version: ModelVersion) -> None:
    waiver = given.ask(cast, version)
    codes = [
        refusal(lambda: waivers.approve(actor=cast.actor("vera"), waiver=waiver, digest=OTHER))[0],
        refusal(lambda: waivers.revoke(actor=cast.actor("vera"), waiver=waiver, reason="No."))[0],
    ]
    waivers.refuse(actor=cast.actor("vera"), waiver=waiver, reason="No.")
    assert [*codes, refusal(lambda: given.approve(cast, waiver))] == [
        "waiver.other_terms",
        "waiver.closed",
        ("waiver.closed", "This waiver is not open to that: refused."),
    ]


def test_no_third_renewal_is_asked_for(cast: Cast, version: ModelVersion) -> None:
    for by, days in (("vera", 10), ("cora", 15)):
        given.approve(cast, given.ask(cast, version, expires_at=given.until(days=days)), by)
    again = refusal(lambda: given.ask(cast, version, expires_at=given.until(days=20)))
    assert again == (
        "waiver.no_more_renewals",
        "This was waived 2 times already, and the policy allows no further renewal.",
    )


# --- saying no, and ending one


@pytest.mark.parametrize(
    ("verb", "name", "state"), [("refuse", "vera", "refused"), ("revoke", "dev", "revoked")]
)
def test_what_ends_a_waiver_is_kept_and_logged(
    cast: Cast, version: ModelVersion, verb: str, name: str, state: str
) -> None:
    waiver = given.ask(cast, version)
    if verb == "revoke":
        given.approve(cast, waiver)
    before = row(waiver)
    getattr(waivers, verb)(actor=cast.actor(name), waiver=waiver, reason=" It is over. ")
    after = row(waiver)
    assert datetime.now(UTC) - after["closed_at"] < timedelta(minutes=5)
    assert after == {
        **before,
        "state": state,
        "closed_by_id": getattr(cast, name).pk,
        "closed_at": after["closed_at"],
        "closed_reason": "It is over.",
    }
    assert logged(f"waiver.{state}") == [{**told(waiver, name.title()), "reason": "It is over."}]


def test_who_says_no_says_why_in_some_words(cast: Cast, version: ModelVersion) -> None:
    waiver = given.ask(cast, version)
    for reason in (" ", "x" * 5001):
        no = partial(waivers.refuse, actor=cast.actor("vera"), waiver=waiver, reason=reason)
        assert refused(no).errors == (("reason", "required"),)
    also = given.ask(cast, version)
    for one, reason in ((waiver, "x" * 5000), (also, "x")):
        assert waivers.refuse(actor=cast.actor("dev"), waiver=one, reason=reason).closed_by == cast.dev


def test_who_neither_votes_nor_asks_ends_none_and_is_logged(cast: Cast, version: ModelVersion) -> None:
    waiver = given.ask(cast, version)
    code, _ = refusal(lambda: waivers.refuse(actor=cast.actor("aud"), waiver=waiver, reason="No."))
    [entry] = logged("access.denied")
    assert (code, entry["by"], entry["permission"]) == ("denied", "Aud", "vote")
