"""The guards on PostgreSQL: triggers whose functions belong to the owner and have a fixed search path."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from registry.ledger.guards import functions
from registry.ledger.guards.tables import ALL, APPEND_ONLY, ENTRY, HEAD, TEXT

_BITS = {"ROW": 1, "BEFORE": 2, "INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


@dataclass(frozen=True)
class Trigger:
    """One guard: when it looks, and the function that looks."""

    table: str
    name: str
    when: str
    function: str

    @property
    def level(self) -> str:
        """Whether it looks at each row or at the statement."""
        return "STATEMENT" if "TRUNCATE" in self.when else "ROW"

    @property
    def deferred(self) -> bool:
        """Whether it looks when the transaction commits."""
        return self.when.startswith("AFTER")

    @property
    def shape(self) -> tuple[str, int, bool, bool]:
        """How the catalogue of the database describes it."""
        bits = sum(_BITS.get(word, 0) for word in (*self.when.split(), self.level))
        return self.function, bits, True, self.deferred

    def statements(self) -> Iterator[str]:
        """What creates it."""
        kind, options = "TRIGGER", ""
        if self.deferred:
            kind, options = "CONSTRAINT TRIGGER", "DEFERRABLE INITIALLY DEFERRED"
        yield f"DROP TRIGGER IF EXISTS {self.name} ON {self.table}"
        yield (
            f"CREATE {kind} {self.name} {self.when} ON {self.table} {options} "
            f"FOR EACH {self.level} EXECUTE FUNCTION {self.function}()"
        )


def _never(table: str, name: str, when: str) -> Trigger:
    return Trigger(table, name, f"BEFORE {when}", "ledger_refuse")


TRIGGERS = (
    *(_never(table, "ledger_no_change", "DELETE OR UPDATE") for table in APPEND_ONLY),
    *(_never(table, "ledger_no_truncate", "TRUNCATE") for table in APPEND_ONLY),
    Trigger(ENTRY, "ledger_next_only", "BEFORE INSERT", "ledger_next_only"),
    _never(HEAD, "ledger_head_no_delete", "DELETE"),
    _never(HEAD, "ledger_head_no_truncate", "TRUNCATE"),
    Trigger(HEAD, "ledger_head_begins", "BEFORE INSERT", "ledger_head_begins"),
    Trigger(HEAD, "ledger_head_grows", "BEFORE UPDATE", "ledger_head_grows"),
    Trigger(HEAD, "ledger_head_fits", "AFTER UPDATE", "ledger_head_fits"),
    _never(TEXT, "ledger_text_no_update", "UPDATE"),
    _never(TEXT, "ledger_text_no_truncate", "TRUNCATE"),
    Trigger(TEXT, "ledger_erasure_told", "AFTER DELETE", "ledger_erasure_told"),
)

_FOUND_TRIGGERS = """
    SELECT c.relname, t.tgname, p.proname, t.tgtype, t.tgenabled IN ('O', 'A'), t.tginitdeferred
    FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(%s)
      AND p.pronamespace = c.relnamespace AND t.tgqual IS NULL AND t.tgattr::text = ''
"""
# A trigger that is not ours, a rule or a policy for rows could swallow entries or hide them; an unlogged table forgets.
_STRANGE = """
    SELECT c.relname, 'the trigger ' || t.tgname
    FROM pg_class c JOIN pg_trigger t ON t.tgrelid = c.oid
    WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(%(tables)s)
      AND c.relname || '.' || t.tgname <> ALL(%(ours)s)
    UNION ALL
    SELECT c.relname, 'the rule ' || r.rulename
    FROM pg_class c JOIN pg_rewrite r ON r.ev_class = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(%(tables)s)
    UNION ALL
    SELECT c.relname, CASE WHEN c.relrowsecurity THEN 'row-level security' ELSE 'no write-ahead log or another kind' END
    FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(%(tables)s)
      AND (c.relrowsecurity OR c.relpersistence <> 'p' OR c.relkind <> 'r')
"""
_FOUND_FUNCTIONS = """
    SELECT proname, prosrc, prosecdef, array_to_string(proconfig, ';')
    FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname = ANY(%s)
"""


def missing(connection: Any) -> list[str]:
    """What is not as it should be, in sentences."""
    with connection.cursor() as cursor:
        tables = _tables(cursor)
        cursor.execute(_FOUND_TRIGGERS, [tables])
        found = {(row[0], row[1]): tuple(row[2:]) for row in cursor.fetchall()}
        cursor.execute(_FOUND_FUNCTIONS, [list(functions.BODIES)])
        bodies = {row[0]: tuple(row[1:]) for row in cursor.fetchall()}
        path = f"search_path={functions.path(_schema(connection, cursor))}"
        ours = [f"{trigger.table}.{trigger.name}" for trigger in TRIGGERS]
        cursor.execute(_STRANGE, {"tables": tables, "ours": ours})
        strange = cursor.fetchall()
    return [
        *(f"The table {table} is missing." for table in ALL if table not in tables),
        *(
            f"The guard {trigger.name} on {trigger.table} is missing, switched off or another."
            for trigger in TRIGGERS
            if trigger.table in tables and found.get((trigger.table, trigger.name)) != trigger.shape
        ),
        *(
            f"The function {name} is missing or was replaced."
            for name, (_, body) in functions.BODIES.items()
            if bodies.get(name) != (body, name in functions.AS_OWNER, path)
        ),
        *(
            f"The table {table} has {what}, which can swallow, hide or lose entries."
            for table, what in strange
        ),
    ]


def install(connection: Any) -> None:
    """Create or correct all of them; tables that do not exist yet get theirs when they do."""
    with connection.cursor() as cursor:
        tables, schema = _tables(cursor), _schema(connection, cursor)
        for statement in functions.statements(schema):
            cursor.execute(statement)
        for trigger in TRIGGERS:
            if trigger.table in tables:
                for statement in trigger.statements():
                    cursor.execute(statement)


def remove(connection: Any) -> None:
    """Drop triggers and functions."""
    with connection.cursor() as cursor:
        tables = _tables(cursor)
        for trigger in TRIGGERS:
            if trigger.table in tables:
                cursor.execute(f"DROP TRIGGER IF EXISTS {trigger.name} ON {trigger.table}")
        for name, (signature, _) in functions.BODIES.items():
            cursor.execute(f"DROP FUNCTION IF EXISTS {name}{signature.partition(' RETURNS')[0]}")


def _tables(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%s)",
        [list(ALL)],
    )
    return [name for (name,) in cursor.fetchall()]


def _schema(connection: Any, cursor: Any) -> str:
    cursor.execute("SELECT quote_ident(current_schema())")
    (name,) = cursor.fetchone()
    return str(name)
