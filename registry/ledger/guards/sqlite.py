"""The guards on SQLite: triggers. Whoever has the file can drop them, so only an anchor outside shows that."""

from collections.abc import Iterator
from typing import Any

from registry.ledger.guards.tables import ALL, APPEND_ONLY, ENTRY, HEAD, REFUSAL, TEXT, TILE

REFUSE = f"RAISE(ABORT, '{REFUSAL}')"


def missing(connection: Any) -> list[str]:
    """What is not as it should be, in sentences."""
    with connection.cursor() as cursor:
        tables = _tables(connection, cursor)
        expected = dict(_triggers(connection, cursor, tables))
        found = _found(cursor, tables)
    return [
        *(f"The table {table} is missing." for table in ALL if table not in tables),
        *(
            f"The guard {name} is missing or another."
            for name, statement in expected.items()
            if found.get(name) != statement
        ),
        *(
            f"The trigger {name} on the log is not one of its guards."
            for name in found.keys() - expected.keys()
        ),
    ]


def install(connection: Any) -> None:
    """Create or correct all of them; rebuilding a table, as migrations do here, drops its triggers without a word."""
    with connection.cursor() as cursor:
        tables = _tables(connection, cursor)
        expected, found = dict(_triggers(connection, cursor, tables)), _found(cursor, tables)
        for name in found:
            if name.startswith("ledger_") and found[name] != expected.get(name):
                cursor.execute(f"DROP TRIGGER {name}")
        for name, statement in expected.items():
            if found.get(name) != statement:
                cursor.execute(statement)


def remove(connection: Any) -> None:
    """Drop the triggers."""
    with connection.cursor() as cursor:
        for name in _found(cursor, ALL):
            if name.startswith("ledger_"):
                cursor.execute(f"DROP TRIGGER {name}")


def _triggers(connection: Any, cursor: Any, tables: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for table in tables:
        # REPLACE deletes without firing a delete trigger, unless the connection asks for it, through any unique column.
        yield _refusing(
            f"{table}_no_replace",
            f"INSERT ON {table}",
            _taken(connection, cursor, table),
            # Two processes may compute the same tile: the first one stays, and the second does not mind.
            "RAISE(IGNORE)" if table == TILE else REFUSE,
        )
    for table in (name for name in tables if name in APPEND_ONLY):
        yield _refusing(f"{table}_no_update", f"UPDATE ON {table}")
        yield _refusing(f"{table}_no_delete", f"DELETE ON {table}")
    if ENTRY in tables:
        yield _refusing(
            f"{ENTRY}_next_only",
            f"INSERT ON {ENTRY}",
            f'NEW."index" <> COALESCE((SELECT MAX("index") + 1 FROM {ENTRY}'
            " WHERE organisation_id = NEW.organisation_id), 0)"
            f' OR NEW."index" >= COALESCE((SELECT size FROM {HEAD}'
            " WHERE organisation_id = NEW.organisation_id), 0)",
        )
    if HEAD in tables:
        yield _refusing(f"{HEAD}_begins", f"INSERT ON {HEAD}", "NEW.size <> 0")
        yield _refusing(f"{HEAD}_no_delete", f"DELETE ON {HEAD}")
        yield _refusing(
            f"{HEAD}_grows",
            f"UPDATE ON {HEAD}",
            "NEW.size <= OLD.size OR NEW.organisation_id <> OLD.organisation_id OR NEW.origin <> OLD.origin"
            " OR NEW.rowid <> OLD.rowid",
        )
    if TEXT in tables:
        yield _refusing(f"{TEXT}_no_update", f"UPDATE ON {TEXT}")


def _refusing(name: str, when: str, condition: str = "1", how: str = REFUSE) -> tuple[str, str]:
    name = name.replace("registry_ledger", "ledger_").replace("registry_", "ledger_")
    return name, (f"CREATE TRIGGER {name} BEFORE {when} WHEN {condition} BEGIN SELECT {how}; END")


def _taken(connection: Any, cursor: Any, table: str) -> str:
    """Whether a row with one of the unique keys of the new one is there."""
    constraints = connection.introspection.get_constraints(cursor, table).values()
    keys = {tuple(c["columns"]) for c in constraints if c["primary_key"] or c["unique"]}
    same = [" AND ".join(f'"{column}" = NEW."{column}"' for column in key) for key in sorted(keys)]
    ways = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {key})" for key in [*same, "rowid = NEW.rowid"])
    return f"({ways})"


def _tables(connection: Any, cursor: Any) -> tuple[str, ...]:
    there = set(connection.introspection.table_names(cursor))
    return tuple(table for table in ALL if table in there)


def _found(cursor: Any, tables: tuple[str, ...]) -> dict[str, str]:
    cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {name: sql for name, table, sql in cursor.fetchall() if table in tables}
