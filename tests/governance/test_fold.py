"""The log alone rebuilds the governed tables; what was changed beside it is named."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from governance.fold.compare import PARTIAL, TABLES, Difference, differences
from governance.fold.rules import CHANGES_NOTHING, RULES
from governance.fold.state import folded
from governance.models import ApprovalRequest, Decision, Vote
from registry.ledger.events import EVENTS
from registry.models import ModelVersion, RoleGrant
from tests.attack.database import Database
from tests.cast import Cast
from tests.governance import staging
from tests.registry.ledger.lifted import lifted


def test_every_event_is_folded_or_said_to_change_nothing() -> None:
    ruled = {rule.event for rule in RULES}
    assert ruled | CHANGES_NOTHING == EVENTS.keys()
    assert not ruled & CHANGES_NOTHING


def test_every_rule_takes_what_its_event_has() -> None:
    for rule in RULES:
        event = EVENTS[rule.event]
        named = {value[1:] for value in rule.values.values() if value.startswith("$")}
        named |= set(rule.when) | ({rule.key} if rule.key and not rule.key.startswith("@") else set())
        assert named <= set(event.keys), rule


def test_every_folded_table_is_compared() -> None:
    known = {**TABLES, **PARTIAL}
    for rule in RULES:
        if rule.table != "@kind" and not rule.gone:
            assert rule.values.keys() <= known[rule.table].columns.keys(), rule


def test_the_tables_are_what_the_log_says(cast: Cast, printer: None) -> None:
    staging.allowed(cast)
    assert differences(cast.acme.pk) == []
    call_command("verify_ledger", fold=True)


def beside_the_log(cast: Cast, change: Any) -> Difference:
    staging.allowed(cast)
    change()
    found = differences(cast.acme.pk)
    assert len(found) == 1, found
    return found[0]


def test_a_stage_moved_beside_the_log(cast: Cast, printer: None) -> None:
    found = beside_the_log(cast, lambda: ModelVersion.objects.update(stage="retired"))
    assert found.table == "model version"
    assert "The stage of this model version is “retired”; the log says “compliance”" in found.sentence
    assert found.index is not None


def test_a_vote_put_in_beside_the_log(cast: Cast, printer: None) -> None:
    def stuffed() -> None:
        vote = Vote.objects.latest("voted_at")
        vote.pk, vote.voter = None, cast.olga
        vote.save(force_insert=True)

    found = beside_the_log(cast, stuffed)
    assert (found.table, found.index) == ("vote", None)
    assert found.sentence == "The log tells nothing of this vote."


def test_a_role_given_beside_the_log(cast: Cast, printer: None) -> None:
    def given() -> None:
        grant = RoleGrant.objects.get(membership__user=cast.dev)
        grant.pk, grant.role = None, "approver"
        grant.save(force_insert=True)

    assert beside_the_log(cast, given).sentence == "The log tells nothing of this role grant."


def test_a_decision_that_was_taken_away(cast: Cast, printer: None) -> None:
    def gone() -> None:
        with connection.cursor() as cursor:
            key = Decision.objects.latest("decided_at").pk
            cursor.execute(
                "DELETE FROM governance_decision WHERE id = %s",
                [str(key) if connection.vendor == "postgresql" else key.hex],
            )

    assert "it is not in its table" in beside_the_log(cast, gone).sentence


def test_a_row_whose_beginning_was_taken_out_of_the_log(cast: Cast, printer: None) -> None:
    """Later entries tell of it too, but not what it began with."""

    def cut() -> None:
        database = Database(cast.acme.pk)
        rows = database.rows()
        (first,) = [row.index for row in rows if row.told["event"] == "run.requested"]
        with lifted():
            database.rewrite(rows[:first] + rows[first + 1 :], first)

    found = beside_the_log(cast, cut)
    assert found.table == "audit run"
    assert found.sentence.startswith("The seed of this audit run is “")
    assert found.sentence.endswith("”; the log says “”.")


def test_the_command_names_the_first(cast: Cast, printer: None, capsys: Any) -> None:
    staging.allowed(cast)
    ApprovalRequest.objects.update(state="withdrawn")
    with pytest.raises(CommandError, match="1 of 2 logs do not hold"):
        call_command("verify_ledger", fold=True)
    assert "The state of this approval request is “withdrawn”" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("verify_ledger", fold=True, json=True)
    assert '"differences"' in capsys.readouterr().out
    call_command("verify_ledger")  # the log itself holds


def test_a_classification_in_force_replaces_the_one_before() -> None:
    def entry(index: int, key: str) -> dict[str, Any]:
        data = {"number": index, "tier": "high", "in_force": True}
        subject = {"kind": "classification", "id": key}
        return {"event": "system.classified", "index": index, "data": data, "subject": subject, "system": "s"}

    rows = folded([entry(0, "a"), entry(1, "b")])["classification"]
    assert [rows[key].values["state"] for key in "ab"] == ["superseded", "in_force"]
