"""The engine that tests of the services use."""

import pytest

from audits.services import execution
from tests.audits.runs import FakeEngine


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """An engine under the test's control."""
    fake = FakeEngine()
    monkeypatch.setattr(execution, "engine", fake)
    return fake
