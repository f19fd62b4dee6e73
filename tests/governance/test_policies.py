"""Policies: drafted, published, and from then on as they are."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from governance.dossier import gather_system
from governance.models import Policy, PolicyState
from governance.services import policies
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.models import LedgerEntry, Organisation
from registry.services import people
from registry.stages import RiskTier, Role
from tests.cast import Cast, grant
from tests.governance.gates.facts import body
from tests.make import make_system


def draft(cast: Cast, *, by: str = "cora", tier: RiskTier = RiskTier.HIGH, text: str | None = None) -> Policy:
    return policies.draft(
        actor=cast.actor(by), organisation=cast.acme, tier=tier, body=body(tier) if text is None else text
    )


def test_it_works(cast: Cast) -> None:
    policy = policies.publish(actor=cast.actor("cora"), policy=draft(cast))
    assert (policy.state, policy.number, policy.name) == (PolicyState.PUBLISHED, 1, "High risk")
    assert policy.published_by == cast.cora
    assert LedgerEntry.objects.filter(event="policy.published", subject_id=policy.pk).count() == 1


def test_the_next_one_supersedes_it(cast: Cast) -> None:
    first = policies.publish(actor=cast.actor("cora"), policy=draft(cast))
    second = policies.publish(actor=cast.actor("cora"), policy=draft(cast))
    first.refresh_from_db()
    assert (first.state, second.state, second.number) == (PolicyState.SUPERSEDED, PolicyState.PUBLISHED, 2)
    assert LedgerEntry.objects.filter(event="policy.superseded").count() == 1


def test_what_was_published_is_not_published_again(cast: Cast) -> None:
    policy = policies.publish(actor=cast.actor("cora"), policy=draft(cast))
    with pytest.raises(Conflict, match="published already"):
        policies.publish(actor=cast.actor("cora"), policy=policy)


def test_a_draft_changed_in_the_table_is_not_published(cast: Cast) -> None:
    policy = draft(cast)
    Policy.objects.filter(pk=policy.pk).update(body=policy.body + "\n# harmless\n")
    with pytest.raises(Conflict, match="changed after it was drafted"):
        policies.publish(actor=cast.actor("cora"), policy=policy)


def test_a_text_that_is_not_a_policy_is_refused_with_its_line(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        draft(cast, text=body().replace("kind: bias", "kind: fairness", 1))
    place, says = refused.value.errors[0]
    assert place.startswith("line ")
    assert "Allowed: bias, explainability, performance" in says
    assert not Policy.objects.exists()


def test_a_text_for_another_tier_is_refused(cast: Cast) -> None:
    with pytest.raises(Invalid, match="policy for the tier “minimal”, not for “high”"):
        draft(cast, text=body("minimal"))


@pytest.mark.parametrize("name", ["dev", "olga", "aud"])
def test_it_needs_the_permission(cast: Cast, name: str) -> None:
    with pytest.raises(Denied):
        draft(cast, by=name)
    with pytest.raises(Denied):
        policies.publish(actor=cast.actor(name), policy=draft(cast))


def test_to_outsiders_it_does_not_exist(cast: Cast) -> None:
    with pytest.raises(NotFound):
        policies.publish(actor=cast.actor("oscar"), policy=draft(cast))


LOOSER = body().replace("kinds: [problem_definition, ", "kinds: [", 1)
STRICTER = body().replace("{role: validator}", "{role: validator}, {role: reviewer}")


def refused(cast: Cast, by: str, policy: Policy) -> str:
    with pytest.raises(Denied) as denied:
        policies.publish(actor=cast.actor(by), policy=policy)
    assert denied.value.code == "policy.needs_second_person"
    policy.refresh_from_db()
    assert policy.state == PolicyState.DRAFT
    return denied.value.message


def events(code: str) -> list[dict[str, Any]]:
    return [json.loads(bytes(entry.body))["data"] for entry in LedgerEntry.objects.filter(event=code)]


def test_a_loosening_takes_two_people(cast: Cast) -> None:
    grant(cast, "rita", Role.COMPLIANCE_OFFICER)
    policies.publish(actor=cast.actor("cora"), policy=draft(cast))
    looser = draft(cast, text=LOOSER)
    assert "you have drafted it yourself" in refused(cast, "cora", looser)
    assert Policy.objects.get(state=PolicyState.PUBLISHED).number == 1
    published = policies.publish(actor=cast.actor("rita"), policy=looser)
    assert published.state == PolicyState.PUBLISHED
    assert (published.created_by, published.published_by) == (cast.cora, cast.rita)
    assert [event["why"] for event in events("policy.publication_refused")] == ["drafted_it"]
    [told] = events("policy.loosened")
    assert told["places"] == ["system problem_definition→data_sourcing, documents problem_definition"]
    assert told["drafted_by"] == str(cast.cora.pk)


def test_one_person_may_tighten_reword_and_comment(cast: Cast) -> None:
    policies.publish(actor=cast.actor("cora"), policy=draft(cast))
    for text in (STRICTER, STRICTER.replace("High risk", "Very high"), STRICTER + "# why"):
        policies.publish(actor=cast.actor("cora"), policy=draft(cast, text=text))
        assert Policy.objects.get(state=PolicyState.PUBLISHED).body == text
    assert events("policy.loosened") == []


def test_to_go_back_to_what_was_in_force_before_is_a_loosening_too(cast: Cast) -> None:
    first = policies.publish(actor=cast.actor("cora"), policy=draft(cast))
    policies.publish(actor=cast.actor("cora"), policy=draft(cast, text=STRICTER))
    first.refresh_from_db()
    with pytest.raises(Conflict, match="superseded already"):
        policies.publish(actor=cast.actor("cora"), policy=first)
    refused(cast, "cora", draft(cast, text=first.body))


def test_a_first_policy_of_ones_own_takes_two_people_and_assays_own_takes_one(cast: Cast) -> None:
    assert "second person" in refused(cast, "cora", draft(cast, text=STRICTER))
    policies.publish(actor=cast.actor("cora"), policy=draft(cast, tier=RiskTier.MINIMAL))
    # Word for word: a comment more, and it is one's own.
    refused(cast, "cora", draft(cast, text=body() + "\n# harmless\n"))


def test_what_a_draft_is_compared_with_is_what_is_in_force_when_it_is_published(cast: Cast) -> None:
    """A draft that changed nothing when it was written may loosen by the time it is published."""
    policies.publish(actor=cast.actor("cora"), policy=draft(cast))
    waiting = draft(cast, text=body() + "# the same")
    policies.publish(actor=cast.actor("cora"), policy=draft(cast, text=STRICTER))
    refused(cast, "cora", waiting)


def test_whoever_answers_for_a_machine_is_not_a_second_person(cast: Cast) -> None:
    for name in ("ci", "dev", "rita"):
        grant(cast, name, Role.COMPLIANCE_OFFICER)
    drafted = draft(cast, by="ci", text=STRICTER)
    assert "an account that you answer for" in refused(cast, "dev", drafted)
    assert "a service account cannot be" in refused(cast, "ci", draft(cast, by="dev", text=STRICTER))
    assert "a service account cannot be" in refused(cast, "ci", draft(cast, text=STRICTER))
    assert policies.publish(actor=cast.actor("rita"), policy=drafted).state == PolicyState.PUBLISHED
    whys = [event["why"] for event in events("policy.publication_refused")]
    assert whys == ["answers_for_it", "not_a_person", "not_a_person"]


def test_a_superuser_is_bound_like_everybody(cast: Cast) -> None:
    grant(cast, "root", Role.COMPLIANCE_OFFICER)
    refused(cast, "root", draft(cast, by="root", text=STRICTER))


def test_who_drafted_and_who_published_stand_in_the_facts(cast: Cast) -> None:
    system = make_system(cast)
    grant(cast, "ci", Role.COMPLIANCE_OFFICER)
    policies.publish(actor=cast.actor("cora"), policy=draft(cast, by="ci", text=STRICTER))
    found = gather_system(system).dossier.policy
    assert found is not None
    # Dev answers for the pipeline's account.
    assert set(found.editors) == {str(cast.dev.pk), str(cast.cora.pk)}


def test_the_defaults_fill_what_is_missing(cast: Cast) -> None:
    own = policies.publish(actor=cast.actor("cora"), policy=draft(cast))
    published = policies.publish_defaults(actor=cast.actor("cora"), organisation=cast.acme)
    assert {policy.tier for policy in published} == {"minimal", "limited", "unacceptable"}
    assert Policy.objects.get(tier="high", state=PolicyState.PUBLISHED) == own
    assert policies.publish_defaults(actor=cast.actor("cora"), organisation=cast.acme) == []


def test_the_command_publishes_them(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("publish_policies", organisation="acme", by="cora")
    assert capsys.readouterr().out.count("published: ") == 4
    call_command("publish_policies", organisation="acme", by="cora")
    assert "already" in capsys.readouterr().out


@pytest.mark.parametrize(("organisation", "by"), [("nowhere", "cora"), ("acme", "nobody"), ("acme", "dev")])
def test_the_command_says_what_is_wrong(cast: Cast, organisation: str, by: str) -> None:
    with pytest.raises(CommandError):
        call_command("publish_policies", organisation=organisation, by=by)


def test_a_draft_is_not_published_in_a_role_that_was_lost_while_it_waited(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cora, drafted = cast.actor("cora"), draft(cast)
    role = cast.cora.memberships.get().grants.get()
    grant(cast, "cora", Role.AUDITOR)
    real, roles = Organisation.objects.locked, [role]

    def late() -> Any:
        while roles:
            people.revoke_role(actor=cast.actor("olga"), grant=roles.pop())
        return real()

    with monkeypatch.context() as patch:
        patch.setattr(Organisation.objects, "locked", late)
        with pytest.raises(Denied):
            policies.publish(actor=cora, policy=drafted)
    drafted.refresh_from_db()
    assert drafted.state == PolicyState.DRAFT
    grant(cast, "cora", Role.COMPLIANCE_OFFICER)
    assert policies.publish(actor=cora, policy=drafted).state == PolicyState.PUBLISHED
