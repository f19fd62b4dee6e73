"""What the database itself refuses to do to the log. `manage.py migrate` puts it there; the start of the service looks.

A further table of which rows are only ever added is one line in `tables.APPEND_ONLY`.
"""

from typing import Any

from registry.ledger.guards import postgresql, sqlite

_SIDES: dict[str, Any] = {"postgresql": postgresql, "sqlite": sqlite}


def missing(connection: Any) -> list[str]:
    """A sentence for each guard that is missing, switched off or replaced, and for what is there too much."""
    found: list[str] = _of(connection).missing(connection)
    return found


def install(connection: Any) -> None:
    """Put every guard in its place; does nothing where all of them stand."""
    if missing(connection):
        _of(connection).install(connection)


def remove(connection: Any) -> None:
    """Take all guards away: a migration that goes back, and the tests' own clean-up."""
    _of(connection).remove(connection)


def _of(connection: Any) -> Any:
    if connection.vendor not in _SIDES:
        raise RuntimeError(f"Assay runs on PostgreSQL and SQLite, not on {connection.vendor}.")
    return _SIDES[connection.vendor]
