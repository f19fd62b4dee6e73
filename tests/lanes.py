"""A plugin of the PostgreSQL lane (`-p tests.lanes`): what needs no database has run in the SQLite lane."""

import pytest

NEEDS_A_DATABASE = {"db", "transactional_db", "live_server"}
NEEDS_A_SERVER = ("django_db", "postgresql", "redis", "browser")


def needs_this_lane(item: pytest.Item) -> bool:
    """Whether another database or broker could make a difference to the test."""
    if any(item.get_closest_marker(name) for name in NEEDS_A_SERVER):
        return True
    return not NEEDS_A_DATABASE.isdisjoint(getattr(item, "fixturenames", ()))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that would only repeat themselves."""
    repeats = [item for item in items if not needs_this_lane(item)]
    config.hook.pytest_deselected(items=repeats)
    items[:] = [item for item in items if needs_this_lane(item)]
