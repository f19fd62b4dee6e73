"""The world in which routes are tried: made once for a module, and every call in it undone."""

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.db import connections, transaction
from django.test import override_settings

from tests.cast import make_cast
from tests.completeness.world import World


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Made once, for all calls; each of them is undone."""
    # A test closes the connection when it ends, and with it the transaction that holds the world.
    stays_open = mock.patch.object(connections["default"], "close")
    with django_db_blocker.unblock(), stays_open, transaction.atomic():
        files = tmp_path_factory.mktemp("world")
        with override_settings(ASSAY_ARTIFACTS_DIR=files):
            made = World(make_cast(), files)
        yield made
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def same_files(request: pytest.FixtureRequest, own_files: None, settings: Any) -> None:
    """The world's files stay where they are from one test to the next."""
    if "world" in request.fixturenames:
        settings.ASSAY_ARTIFACTS_DIR = request.getfixturevalue("world").files
