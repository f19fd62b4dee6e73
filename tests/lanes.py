"""A plugin of the PostgreSQL lane (`-p tests.lanes`): what needs no database has run in the SQLite lane."""

import pytest

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}
SERVERS = ("postgresql", "redis", "browser")


def uses_the_database(item: pytest.Item) -> bool:
    """Whether a test stores anything."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(DATABASE_FIXTURES & fixtures or item.get_closest_marker("django_db"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that would only repeat themselves."""
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        differs = uses_the_database(item) or any(map(item.get_closest_marker, SERVERS))
        (kept if differs else left).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left)
