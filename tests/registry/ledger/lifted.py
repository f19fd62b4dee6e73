"""What an owner of the database can do: take the guards away."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from registry.ledger import guards


def guards_down() -> None:
    """Tests run in a transaction that is rolled back, and with it this."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SET CONSTRAINTS ALL IMMEDIATE"
            )  # a table that is still to be looked at cannot be altered
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    guards.remove(connection)


@contextmanager
def lifted() -> Iterator[None]:
    """The guards are away for a moment."""
    guards_down()
    yield
    guards.install(connection)
