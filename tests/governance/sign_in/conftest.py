"""A standing clock, empty counters, and browsers of the cast."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from registry import queue
from tests.cast import PASSWORD, Cast

NOON = "2026-11-21T12:00:10Z"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Codes change every thirty seconds: the clock moves only when a test says so. Counters start at nought."""
    cache.clear()
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was given to a worker."""
    rows: list[dict[str, Any]] = []
    monkeypatch.setattr(queue, "enqueue", lambda task, **ids: rows.append({"task": task, **ids}))
    return rows


@pytest.fixture
def sign_in(cast: Cast, sent: list[dict[str, Any]]) -> Callable[..., Client]:
    """A browser in which one of the cast has given their password."""

    def enter(name: str, password: str = PASSWORD) -> Client:
        client = Client()
        client.post("/accounts/login/", {"login": name, "password": password})
        return client

    return enter
