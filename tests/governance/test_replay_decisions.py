"""Every stored decision comes out again as it was; the command names the first that does not."""

import json

import pytest
from django.core.management import CommandError, call_command

from governance.models import Decision
from governance.services import decisions, replays
from registry.ledger import chain
from tests.cast import Cast
from tests.governance import staging


@pytest.fixture
def stored(cast: Cast, printer: None) -> Decision:
    """An answer at the door, after the steps that led to it."""
    version = staging.allowed(cast)
    answer = decisions.ask(
        actor=cast.actor("ci"), artifact_digest=version.artifact.digest, environment="production"
    )
    return Decision.objects.get(pk=answer.decision_id)


def test_it_works(stored: Decision, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("replay_decisions", organisation="acme")
    count = Decision.objects.count()
    assert count > 3
    assert f"{count} decisions were decided again. All are identical" in capsys.readouterr().out


def test_another_organisations_decisions_are_left_out(
    stored: Decision, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("replay_decisions", organisation="other")
    assert capsys.readouterr().out.startswith("0 decisions")
    with pytest.raises(CommandError, match="no organisation nowhere"):
        call_command("replay_decisions", organisation="nowhere")


@pytest.mark.altered_decisions
@pytest.mark.parametrize(
    ("column", "old", "new", "says"),
    [
        ("outcome", '"allow"', '"deny"', r'\$\.verdict was "deny" and is "allow"'),
        ("outcome", '"waivers":[]', '"waivers":["w"]', r"\$\.waivers was \[\"w\"\] and is \[\]"),
        ("outcome", '{"findings"', '{"extra":1,"findings"', r"\$\.extra is gone"),
        ("outcome", '{"findings"', '{ "findings"', "written otherwise"),
        ("dossier", '"dev"', '"vera"', "facts no longer have the digest"),
        ("policy_body", "name: High risk", "name: Low risk", "policy no longer has the digest"),
    ],
)
def test_what_was_altered_is_named(stored: Decision, column: str, old: str, new: str, says: str) -> None:
    text = getattr(stored, column)
    changed = text.replace(old, new, 1) if old in text else text + " "
    Decision.objects.filter(pk=stored.pk).update(**{column: changed})
    with pytest.raises(CommandError, match=says) as told:
        call_command("replay_decisions")
    assert str(stored.pk) in str(told.value)


@pytest.mark.altered_decisions
def test_facts_that_cannot_be_read_are_named(stored: Decision) -> None:
    facts = json.loads(stored.dossier)
    del facts["system"]
    stored.dossier = json.dumps(facts, separators=(",", ":"))
    stored.dossier_digest = chain.digest(stored.dossier.encode())
    assert "cannot be read: $ lacks the field 'system'" in replays.difference(stored)
