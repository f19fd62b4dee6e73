"""Which routes note who read them, each looked at; a file that leaves without a note fails the build."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction

from registry.models import Read
from registry.services.reads import KINDS
from registry.stages import Role
from tests.completeness.rules import RULES, Rule
from tests.completeness.test_permission_matrix import filled, send
from tests.completeness.world import World

pytestmark = pytest.mark.django_db

NOTED: dict[str, str] = {
    "/api/v1/members": "people.list",
    "/api/v1/systems/<uuid:system_id>/documents": "documents.list",
    "/api/v1/ledger/entries": "log.entries",
    "/api/v1/ledger/feed": "log.entries",
    "/api/v1/reads": "reads.list",
    "/api/v1/quality-runs/<uuid:quality_run_id>/result": "quality_run.result",
    "/api/v1/runs/<uuid:run_id>/result": "run.result",
    "/api/v1/gate/decisions/<uuid:decision_id>": "decision.file",
    "/api/v1/reports/<uuid:report_id>/pdf": "report.pdf",
    "/people": "people.page",
    "/people/<uuid:membership_id>": "people.person",
    "/decisions/<uuid:decision_id>": "decision.page",
    "/decisions/<uuid:decision_id>.json": "decision.file",
    "/reports/<uuid:report_id>.pdf": "report.pdf",
    "/runs/<uuid:run_id>/result.json": "run.result",
    "/log": "log.page",
    "/log/reads": "reads.page",
}
# What needs a signed checkpoint, which this world has none of; other tests read them.
SIGNED: dict[str, str] = {
    "/api/v1/ledger/receipt": "log.receipt",
    "/api/v1/gate/decisions/<uuid:decision_id>/receipt": "decision.receipt",
    "/api/v1/gate/decisions/<uuid:decision_id>/bundle": "decision.bundle",
    "/decisions/<uuid:decision_id>/bundle": "decision.bundle",
    "/api/v1/votes/<uuid:vote_id>/receipt": "vote.receipt",
    "/api/v1/votes/<uuid:vote_id>/attestation": "vote.attestation",
}
# Asked for with an index: tests/registry/test_log_pages.py opens it.
WITH_A_QUERY = {"/log/entry": "log.page"}
COMMANDS = {"log.export"}
GETS = [rule for rule in RULES if rule.verb == "GET"]


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("rule", GETS, ids=str)
def test_it_notes_what_the_table_says_and_nothing_else(rule: Rule, world: World) -> None:
    address, body = filled(rule, world)
    user = world.own[Role.COMPLIANCE_OFFICER]
    with undone():
        before = set(Read.objects.values_list("pk", flat=True))
        answer = send(world.client(user), rule, address, body)
        noted = list(Read.objects.exclude(pk__in=before).values_list("what", "actor_id"))
        leaves = "attachment" in answer.headers.get("Content-Disposition", "")
        answer.close()
    wanted = [(NOTED[rule.route], str(user.pk))] if rule.route in NOTED else []
    assert noted == wanted
    assert noted or not leaves, "A file leaves, and nobody knows who has it."


def test_every_kind_of_reading_has_a_place_where_it_is_noted() -> None:
    places = {*NOTED.values(), *SIGNED.values(), *WITH_A_QUERY.values(), *COMMANDS}
    assert places == KINDS.keys()
    assert {*NOTED, *SIGNED, *WITH_A_QUERY} <= {rule.route for rule in GETS}
