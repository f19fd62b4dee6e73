"""A permission is asked for once it is one's turn: in a role that was taken away meanwhile nothing is done."""

from collections.abc import Callable
from typing import Any

import pytest

from governance.services import approvals, classifications
from registry.errors import Denied
from registry.models import LedgerEntry, ModelVersion
from registry.services import people
from registry.stages import Role
from tests.cast import Cast, grant
from tests.governance import exceptional as given
from tests.governance import staging
from tests.governance.classification.answering import harmless, sent
from tests.governance.test_hostile_approvals import lose_it_meanwhile
from tests.governance.test_voting import lend


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """A version at compliance with one failed check, under a policy that allows waivers and emergencies."""
    return given.failed(cast)


def ask_about_its_system(cast: Cast, version: ModelVersion) -> None:
    approvals.request_system(actor=cast.actor("dev"), system=version.model.system, to="data_sourcing")


def answer(cast: Cast, version: ModelVersion) -> None:
    answers = sent(harmless(TR1="yes"))
    classifications.answer(actor=cast.actor("dev"), system=version.model.system, answers=answers)


def break_the_glass(cast: Cast, version: ModelVersion) -> None:
    given.emergency(cast, version, by="adam", confirmed=False)


VERBS: dict[str, tuple[str, Callable[[Cast, ModelVersion], Any]]] = {
    "an approval is asked for": ("dev", staging.ask),
    "an approval of a system is asked for": ("dev", ask_about_its_system),
    "a waiver is asked for": ("dev", given.ask),
    "an emergency release is asked for": ("adam", break_the_glass),
    "a system is classified": ("dev", answer),
}


def is_refused_as_a_role_is_lost(
    cast: Cast, name: str, call: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    grant(cast, name, Role.AUDITOR)
    before = LedgerEntry.objects.count()
    with monkeypatch.context() as patch:
        lose_it_meanwhile(cast, name, patch)
        with pytest.raises(Denied, match="You may not do this here"):
            call()
    assert LedgerEntry.objects.filter(event="access.denied").count() == 1
    assert LedgerEntry.objects.count() == before + 1


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_is_asked_for_in_a_role_that_was_lost_while_one_waited(
    cast: Cast, version: ModelVersion, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, ask = VERBS[verb]
    is_refused_as_a_role_is_lost(cast, name, lambda: ask(cast, version), monkeypatch)


def test_nor_is_a_request_taken_back(
    cast: Cast, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = staging.ask(cast, version)

    def withdraw() -> None:
        approvals.withdraw(actor=cast.actor("dev"), request=request, reason="Too early.")

    is_refused_as_a_role_is_lost(cast, "dev", withdraw, monkeypatch)
    withdraw()


def test_nor_is_a_classification_confirmed(
    cast: Cast, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(cast, version)
    waiting = version.model.system.classifications.get(state="proposed")

    def confirm() -> None:
        classifications.confirm(actor=cast.actor("rita"), classification=waiting)

    is_refused_as_a_role_is_lost(cast, "rita", confirm, monkeypatch)
    confirm()


def test_nor_is_a_role_lent(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    real, held = people.locked, [cast.adam.memberships.get().grants.get()]
    grant(cast, "adam", Role.AUDITOR)

    def late(organisation_id: Any) -> Any:
        while held:
            people.revoke_role(actor=cast.actor("olga"), grant=held.pop())
        return real(organisation_id)

    with monkeypatch.context() as patch:
        patch.setattr(people, "locked", late)
        with pytest.raises(Denied, match="You may not do this here"):
            lend(cast, "adam", "aud", Role.APPROVER)
    assert lend(cast, "adam", "aud", Role.APPROVER).delegator == cast.adam
