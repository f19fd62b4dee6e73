"""Policies: drafted, published, and from then on as they are."""

import pytest
from django.core.management import CommandError, call_command

from governance.models import Policy, PolicyState
from governance.services import policies
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.models import LedgerEntry
from registry.stages import RiskTier
from tests.cast import Cast
from tests.governance.gates.facts import body


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
