"""`--oidc`: the job's own identity instead of a stored token; every fault on the way keeps the gate shut."""

from __future__ import annotations

import json
from typing import Any

import pytest
from assay_client import outcomes

from tests.client.command import Command
from tests.client.service import Asked, FakeService, Handler
from tests.client.verdicts import answer

IDENTITY, TOKEN = "head.identity-of-the-job.signature", "assay_exchanged"


def exchanging(handler: Handler, asked: Asked) -> None:
    """GitHub's address, the exchange and the gate, all of them well."""
    if asked.path.startswith("/identity"):
        handler.send_json({"count": 1, "value": IDENTITY})
    elif asked.path.endswith("/token-exchange"):
        handler.send_json({"token": TOKEN, "expires_at": "2030-01-01T00:00:00Z", "scopes": ["view"]}, 201)
    else:
        handler.send_json(answer(asked.document))


@pytest.fixture
def job(service: FakeService, assay: Command) -> Command:
    """A job of GitHub Actions with the permission id-token: write, and no stored token."""
    service.behaviour = exchanging
    del assay.environ["ASSAY_TOKEN"]
    assay.environ |= {
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{service.url}/identity?api-version=2.0",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of-the-runner",
    }
    return assay


def test_it_works_on_github(service: FakeService, job: Command) -> None:
    assert job.gate("--oidc", "acme").code == outcomes.ALLOWED
    identity, exchange, gate = service.asked
    assert identity.method == "GET"
    assert identity.path.startswith("/identity?api-version=2.0&audience=http%3A%2F%2F127.0.0.1")
    assert identity.headers["Authorization"] == "Bearer of-the-runner"
    assert exchange.document == {"token": IDENTITY, "organisation": "acme", "name": ""}
    assert "Authorization" not in exchange.headers
    assert gate.headers["Authorization"] == f"Bearer {TOKEN}"


def test_it_works_on_gitlab(service: FakeService, job: Command) -> None:
    ran = job.gate("--oidc", "acme/deploy", ASSAY_ID_TOKEN=IDENTITY)
    assert ran.code == outcomes.ALLOWED
    exchange, _ = service.asked
    assert exchange.document == {"token": IDENTITY, "organisation": "acme", "name": "deploy"}


def test_a_stored_token_is_not_sent_along(service: FakeService, job: Command) -> None:
    assert job.gate("--oidc", "acme", ASSAY_TOKEN="stored").code == outcomes.ALLOWED
    assert all("stored" not in json.dumps(dict(asked.headers)) for asked in service.asked)


def test_a_token_and_an_identity_are_one_too_many(job: Command) -> None:
    assert job.gate("--oidc", "acme", "--token", "x").code == outcomes.BAD_INPUT


def test_a_job_without_an_identity_is_told_how_to_get_one(service: FakeService, job: Command) -> None:
    del job.environ["ACTIONS_ID_TOKEN_REQUEST_URL"]
    ran = job.gate("--oidc", "acme")
    assert ran.code == outcomes.BAD_INPUT
    assert "id-token: write" in ran.err
    assert service.asked == []


@pytest.mark.parametrize("meant", ["", "Acme Bank", "a/b/c", "/x", "acme/", "é"])
def test_nonsense_is_bad_input(service: FakeService, job: Command, meant: str) -> None:
    assert job.gate("--oidc", meant).code == outcomes.BAD_INPUT
    assert service.asked == []


def test_an_identity_is_fetched_over_tls_or_from_this_machine_only(
    service: FakeService, job: Command
) -> None:
    ran = job.gate("--oidc", "acme", ACTIONS_ID_TOKEN_REQUEST_URL="http://pipelines.example/identity")
    assert ran.code == outcomes.BAD_INPUT
    assert service.asked == []


def test_a_refused_exchange_is_said_in_the_services_words(service: FakeService, job: Command) -> None:
    def refusing(handler: Handler, asked: Asked) -> None:
        if asked.path.endswith("/token-exchange"):
            handler.send_problem(403, "workload.ref", "It is not about refs/heads/main.")
        else:
            exchanging(handler, asked)

    service.behaviour = refusing
    ran = job.gate("--oidc", "acme")
    assert ran.code == outcomes.BAD_INPUT
    assert "not about refs/heads/main" in ran.err
    assert len(service.asked) == 2


@pytest.mark.parametrize(
    ("where", "document", "status"),
    [
        ("/identity", {}, 200),
        ("/identity", {"value": 7}, 200),
        ("/identity", {"value": "two words"}, 200),
        ("/identity", {"value": IDENTITY}, 500),
        ("/identity", [], 200),
        ("/token-exchange", {}, 201),
        ("/token-exchange", {"token": ""}, 201),
        ("/token-exchange", {"token": "a\nb"}, 201),
        ("/token-exchange", {"token": TOKEN}, 503),
    ],
    ids=str,
)
def test_a_fault_on_the_way_is_no_answer(
    service: FakeService, job: Command, where: str, document: Any, status: int
) -> None:
    def faulty(handler: Handler, asked: Asked) -> None:
        if where in asked.path:
            handler.send_json(document, status)
        else:
            exchanging(handler, asked)

    service.behaviour = faulty
    assert job.gate("--oidc", "acme").code == outcomes.UNUSABLE
    assert not any("gate" in asked.path for asked in service.asked)


def test_every_command_takes_it(service: FakeService, job: Command) -> None:
    def me(handler: Handler, asked: Asked) -> None:
        if asked.path.endswith("/me"):
            handler.send_json({"name": "acme-ci", "organisations": ["acme"]})
        else:
            exchanging(handler, asked)

    service.behaviour = me
    ran = job("status", "--oidc", "acme")
    assert (ran.code, "acme-ci" in ran.out) == (outcomes.ALLOWED, True)
