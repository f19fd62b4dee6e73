"""Who may do what in the database: the role of the running service adds to the log, and owns nothing."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction

from registry.ledger.guards import tables

_ORDINARY = ("SELECT", "INSERT", "UPDATE", "DELETE")


def grant(connection: Any, role: str) -> None:
    """Give the runtime role exactly what it needs on what is there now; run by the owner after each migration."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema()), quote_ident(%s)", [role])
        schema, name = cursor.fetchone()
        for statement in _statements(schema, name, connection.introspection.table_names(cursor)):
            cursor.execute(statement)


def _statements(schema: str, role: str, found: list[str]) -> Iterator[str]:
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}, PUBLIC"
    for table in found:
        yield f'GRANT {", ".join(tables.RIGHTS.get(table, _ORDINARY))} ON "{table}" TO {role}'
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {role}, PUBLIC"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}"
    if tables.TEXT in found:
        yield f"GRANT EXECUTE ON FUNCTION ledger_erase(uuid, uuid[]) TO {role}"
