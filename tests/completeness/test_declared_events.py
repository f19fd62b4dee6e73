"""Every service says what it writes into the log, and every event is written by one."""

import re

import pytest

from registry.ledger.events import EVENTS
from tests.catalogue import services
from tests.declared import ATTEMPT, DECLARED
from tests.yields import fits

CODE = re.compile(r"[a-z_]+\.[a-z_]+")


def test_every_service_that_changes_something_declares_its_events() -> None:
    assert DECLARED.keys() == services().keys()


def test_every_event_of_the_catalogue_is_declared_by_a_service() -> None:
    declared = {code for text in DECLARED.values() for code in CODE.findall(text)}
    assert declared | {ATTEMPT} == EVENTS.keys()


@pytest.mark.parametrize(
    ("service", "events", "right"),
    [
        ("registry.documents.add", ["document.added"], True),
        ("registry.documents.add", [], False),
        ("registry.documents.add", ["document.added", "document.added"], False),
        ("registry.documents.add", ["access.denied"], True),
        ("registry.documents.add", ["document.added", "access.denied"], False),
        ("registry.schemas.release", ["schema.release_refused"], True),
        ("registry.tokens.rotate", ["token.issued", "token.revoked"], False),
        ("governance.transitions.request", ["decision.made", "transition.completed", "approval.used"], True),
        ("governance.policies.compared", [], True),
        ("governance.policies.compared", ["policy.drafted"], False),
    ],
)
def test_no_fewer_and_no_more(service: str, events: list[str], right: bool) -> None:
    assert fits(service, events) == right
