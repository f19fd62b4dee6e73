"""Values as text, so that rows of different tables fit into one statement, and how that text is read again."""

import uuid
from datetime import UTC, datetime
from typing import Any

from django.db.models import Case, Expression, F, Func, QuerySet, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

WIDTH = 12

Column = str | Combinable | Expression


class Hexadecimal(Func):
    """Bytes as hexadecimal text."""

    function = "hex"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """PostgreSQL encodes."""
        return self.as_sql(compiler, connection, template="encode(%(expressions)s, 'hex')", **extra)


class Clock(Func):
    """The database's clock as text; empty where the database has none of its own (SQLite)."""

    template = "''"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """PostgreSQL's."""
        return self.as_sql(compiler, connection, template="clock_timestamp()::text", **extra)


def text(column: Column) -> Any:
    """A column as text; nothing as the empty text."""
    source = F(column) if isinstance(column, str) else column
    return Coalesce(Cast(source, TextField()), Value(""), output_field=TextField())


def word(value: str) -> Value:
    """A fixed text."""
    return Value(value, output_field=TextField())


def truth(condition: Any) -> Case:
    """A condition as `1` or nothing, because the databases spell truth differently."""
    return Case(When(condition, then=word("1")), default=word(""), output_field=TextField())


def person(field: str) -> Any:
    """The person behind a user column: whoever answers for a service account, else the user."""
    return Coalesce(f"{field}__responsible_id", f"{field}_id")


def person_text(field: str) -> Any:
    """The person behind a user column, as text."""
    return text(person(field))


def columns(kind: str, *values: Column) -> dict[str, Any]:
    """The columns of one branch of the statement: its kind, then its values, then nothing up to the width."""
    if len(values) > WIDTH:
        raise ValueError(f"{kind} has more than {WIDTH} columns.")
    row = [text(value) if isinstance(value, str) else value for value in values]
    row += [word("")] * (WIDTH - len(row))
    return {"fact": word(kind), **{f"c{number}": value for number, value in enumerate(row)}}


def branch(rows: QuerySet[Any], kind: str, *values: Column) -> QuerySet[Any, Any]:
    """One branch of the statement: a kind of fact, with its values as text."""
    found: QuerySet[Any, Any] = rows.order_by().annotate(**columns(kind, *values)).values_list(*NAMES)
    return found


NAMES = ("fact", *(f"c{number}" for number in range(WIDTH)))


def identifier(value: str) -> str:
    """A UUID as it is written everywhere; SQLite keeps it without dashes."""
    return str(uuid.UUID(value)) if value else ""


def moment(value: str) -> datetime:
    """A time, which SQLite writes without its zone."""
    at = datetime.fromisoformat(value)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
