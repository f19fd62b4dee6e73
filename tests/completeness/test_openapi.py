"""The API's description: complete, valid, and kept — a fuzzer that believes it finds no crash."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok

from registry.services import tokens
from tests.cast import Cast
from tests.make import make_dataset_version, make_system, make_version

UNDESCRIBED = {"/api/v1/openapi.json": "the description does not describe itself"}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    """What /api/v1/openapi.json answers."""
    with GENERATOR_STATS.silence():
        schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return json.loads(json.dumps(schema, default=str))  # type: ignore[no-any-return]


def routes(resolver: URLResolver, prefix: str = "/") -> list[str]:
    """Every address under a resolver, as the description writes it."""
    found = []
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            found += routes(entry, path)
        elif isinstance(entry, URLPattern):
            found.append(path.replace("<uuid:", "{").replace("<str:", "{").replace(">", "}"))
    return found


def test_it_is_valid_openapi_3_1(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1")
    validate_schema(description)  # type: ignore[no-untyped-call]


def test_every_route_is_described(description: dict[str, Any]) -> None:
    real = {path for path in routes(get_resolver()) if path.startswith("/api/")}
    assert real - set(description["paths"]) == set(UNDESCRIBED)
    assert set(description["paths"]) - real == set()


def test_every_operation_has_a_name_of_its_own(description: dict[str, Any]) -> None:
    names = [
        operation["operationId"] for path in description["paths"].values() for operation in path.values()
    ]
    assert len(names) == len(set(names))


FEW = settings(
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def one_connection() -> Iterator[None]:
    """A real WSGI call ends by closing the connection, which here is the test's own transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.slow
@pytest.mark.usefixtures("one_connection")
def test_a_fuzzer_finds_no_crash(cast: Cast) -> None:
    """Hundreds of requests made from the description, good and bad, by somebody who may do much."""
    system = make_system(cast)
    make_version(cast, system, dataset_versions=[make_dataset_version(cast, system)])
    _, token = tokens.issue(actor=cast.actor("dev"), organisation=cast.acme, user=cast.dev, name="fuzz")
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    crashes: list[str] = []
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    for operation in operations:

        @FEW
        @given(case=operation.as_strategy())
        def probe(case: Any) -> None:
            answer = case.call(headers={"Authorization": f"Bearer {token}"})
            shape = answer.headers.get("content-type", [""])[0]
            if answer.status_code >= 500 or (
                answer.status_code >= 400 and shape != "application/problem+json"
            ):
                crashes.append(
                    f"{case.method} {case.formatted_path}: {answer.status_code} {shape} {answer.text[:200]}"
                )

        probe()
    assert len(operations) > 30
    assert sorted(set(crashes)) == []
