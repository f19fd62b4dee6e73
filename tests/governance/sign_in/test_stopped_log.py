"""Where a log is stopped people still come in: to read, and to open it again."""

from collections.abc import Callable

import pytest
from django.test import Client

from governance.models import Decision
from governance.services import decisions
from registry.ledger import halts
from tests.cast import Cast
from tests.governance import staging
from tests.governance.sign_in.acts import signed_in, told

SignIn = Callable[..., Client]


def test_somebody_signs_in_and_the_servers_log_tells_it(
    cast: Cast, sign_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    halts.halt(cast.acme.pk, "The log was cut.")
    client = sign_in("rita")
    assert signed_in(client)
    assert told("account.signed_in") == []
    [line] = [one for one in caplog.records if one.message == "not_in_stopped_log"]
    assert line.__dict__["user_id"] == str(cast.rita.pk)
    assert b"Nothing can be changed" in client.get("/").content


def test_other_organisations_are_told_as_always(cast: Cast, sign_in: SignIn) -> None:
    halts.halt(cast.acme.pk, "The log was cut.")
    assert signed_in(sign_in("oscar"))
    assert len(told("account.signed_in")) == 1


def test_a_sign_in_makes_no_decision_old(cast: Cast, sign_in: SignIn, printer: None) -> None:
    version = staging.allowed(cast)

    def asked() -> Decision:
        answer = decisions.ask(
            actor=cast.actor("ci"), artifact_digest=version.artifact.digest, environment="production"
        )
        return Decision.objects.get(pk=answer.decision_id)

    first = asked()
    assert signed_in(sign_in("rita"))
    assert asked() == first
