"""A service to ask, and a command line that asks it; the client is always the one of this tree."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "client" / "src"
sys.path.insert(0, str(SOURCE))

from tests.client.command import Command  # noqa: E402
from tests.client.service import FakeService  # noqa: E402


@pytest.fixture
def service() -> Iterator[FakeService]:
    """A real HTTP server on a free port; what it answers is up to the test."""
    with FakeService() as running:
        yield running


@pytest.fixture
def assay(service: FakeService, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line, with its environment pointing at the service."""
    return Command(capsys, {"ASSAY_URL": service.url, "ASSAY_TOKEN": "token-of-the-pipeline"})


@pytest.fixture
def offline(capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line with no service to ask and nothing in its environment."""
    return Command(capsys, {})
