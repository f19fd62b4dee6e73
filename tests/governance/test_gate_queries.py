"""How many statements the gate's answer takes, all of them counted: BEGIN and COMMIT too."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import ModelVersion
from tests.calls import api
from tests.cast import make_cast
from tests.governance import staging

AFRESH, STORED = 8, 3


def asked(client: Any, version: ModelVersion) -> tuple[dict[str, Any], list[str]]:
    digest = version.artifact.digest  # read before anything is counted
    with CaptureQueriesContext(connection) as statements:
        response = client.post(
            "/api/v1/gate/decisions",
            {"artifact_digest": digest, "environment": "production", "nonce": "n"},
            headers={"Idempotency-Key": "k"},
        )
    assert response.status_code == 200, response.content
    return response.json(), [statement["sql"] for statement in statements]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["ci", "adam"])
def test_it_stays_within_the_budget(printer: None, name: str) -> None:
    cast = make_cast()
    version = staging.allowed(cast)
    client = api(cast, name)
    assert connection.features.supports_json_field  # asked of the database once per process
    client.get("/api/v1/me")  # a token's first use in an hour is noted, which is one statement more
    afresh, statements = asked(client, version)
    # A person's name costs one statement more: its text is kept apart from the log, so that it can be erased.
    work = [s for s in statements if s not in ("BEGIN", "BEGIN IMMEDIATE", "COMMIT")]
    assert len(work) <= AFRESH, work
    assert name == "adam" or len(statements) <= AFRESH, statements
    stored, statements = asked(client, version)
    assert len(statements) <= STORED, statements
    assert stored["decision_id"] == afresh["decision_id"]
    assert stored["verdict"] == afresh["verdict"] == "allow"
