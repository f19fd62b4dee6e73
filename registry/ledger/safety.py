"""Whether the service may start: the role it runs as cannot change the log, and the guards stand.

Registered as checks of a deployment (`manage.py check --deploy`), and asked by every web process, worker and beat when
it starts.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from registry.ledger import anchors, guards
from registry.ledger.anchors.base import Recall
from registry.ledger.guards import tables

logger = logging.getLogger(__name__)

ROLES = (
    "Make a role that owns the tables and another that runs the service: see the how-to “Run the service”."
)
MIGRATE = "Run `manage.py migrate` as the role that owns the tables."
ALLOW = "On a developer's machine ASSAY_ALLOW_DATABASE_OWNER=true lets the service start nevertheless."


@dataclass(frozen=True)
class Standing:
    """What the database says about the role of the service."""

    name: str
    attributes: tuple[str, ...]  # such as SUPERUSER
    owned: tuple[str, ...]  # tables of the log that it owns, or may own by becoming another role
    excess: tuple[
        str, ...
    ]  # privileges on the log that it should not have, as `UPDATE on registry_ledgerentry`
    creates: bool  # whether it may put objects into the schema
    synchronous_commit: str
    fsync: str


_STANDING = """
    WITH log AS (
      SELECT c.oid, c.relname, c.relowner FROM pg_class c
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(%(tables)s)
    ), privilege AS (
      SELECT log.relname, p.name FROM log, unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) AS p(name)
      WHERE CASE
        WHEN p.name = 'UPDATE' AND log.relname = %(head)s THEN has_column_privilege(log.oid, 'origin', 'UPDATE')
          OR has_column_privilege(log.oid, 'organisation_id', 'UPDATE')
        WHEN p.name = 'UPDATE' THEN has_any_column_privilege(log.oid, 'UPDATE')
        ELSE has_table_privilege(log.oid, p.name) END
    )
    SELECT current_user::text,
      ARRAY(SELECT DISTINCT a.name FROM pg_roles r,
              LATERAL (VALUES ('SUPERUSER', r.rolsuper), ('BYPASSRLS', r.rolbypassrls),
                ('REPLICATION', r.rolreplication), ('CREATEROLE', r.rolcreaterole)) AS a(name, has)
            WHERE a.has AND (r.rolname IN (session_user, current_user) OR pg_has_role(current_user, r.oid, 'MEMBER'))
            UNION SELECT rolname::text FROM pg_roles
            WHERE rolname IN ('pg_write_server_files', 'pg_execute_server_program', 'pg_write_all_data')
              AND pg_has_role(current_user, oid, 'MEMBER')),
      ARRAY(SELECT relname::text FROM log WHERE pg_has_role(current_user, relowner, 'MEMBER')
              OR pg_has_role(session_user, relowner, 'MEMBER') ORDER BY 1),
      ARRAY(SELECT name || ' on ' || relname FROM privilege ORDER BY 1),
      has_schema_privilege(current_schema(), 'CREATE'),
      current_setting('synchronous_commit'), current_setting('fsync')
"""


def standing() -> Standing:
    """Ask the database, as the role of the service."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"tables": list(tables.ALL), "head": tables.HEAD})
        name, attributes, owned, excess, creates, commit, fsync = cursor.fetchone()
    return Standing(name, tuple(attributes), tuple(owned), tuple(excess), creates, commit, fsync)


def judged(found: Standing, *, may_own: bool) -> Iterator[CheckMessage]:
    """What is wrong with it; `may_own` forgives everything that is about the role."""
    if found.synchronous_commit in ("off", "local") or found.fsync != "on":
        yield Error(
            "The database may lose changes that it has confirmed: synchronous_commit is "
            f"{found.synchronous_commit}, fsync is {found.fsync}.",
            hint="Set both to on, for the server, the database and the role.",
            id="assay.E001",
        )
    if may_own:
        if found.owned or found.attributes:
            yield Warning(
                f"The service runs as {found.name}, who can change the log.", hint=ROLES, id="assay.W002"
            )
        return
    if found.attributes or found.owned or found.creates:
        yield Error(
            f"The service runs as {found.name}, who can change the log: {_why(found)}.",
            hint=f"{ROLES} {ALLOW}",
            id="assay.E002",
        )
    elif found.excess:
        yield Error(
            f"The service runs as {found.name}, who may change the log: {', '.join(found.excess)}.",
            hint=f"{MIGRATE} It grants what is needed and takes away the rest.",
            id="assay.E003",
        )


def _why(found: Standing) -> str:
    if found.attributes:
        return f"it has {', '.join(sorted(found.attributes))}"
    return f"it owns {', '.join(found.owned)}" if found.owned else "it may create objects in the schema"


def findings() -> list[CheckMessage]:
    """Everything that speaks against relying on the log in this database."""
    found: list[CheckMessage] = [
        Error(sentence, hint=MIGRATE, id="assay.E004") for sentence in guards.missing(connection)
    ]
    if connection.vendor == "postgresql":
        found += judged(standing(), may_own=settings.ASSAY_ALLOW_DATABASE_OWNER)
        if settings.ASSAY_OWNER_DATABASE is not None:
            found.append(
                Warning(
                    "This process knows the address of the database's owner, ASSAY_OWNER_DATABASE_URL.",
                    hint="Give it to `manage.py migrate` only: who breaks into the service could use it.",
                    id="assay.W003",
                )
            )
    else:
        found.append(
            Warning(
                "The database is a file: whoever can write it can change the log.",
                hint="Use PostgreSQL, or keep an anchor of the log outside this machine.",
                id="assay.W001",
            )
        )
    return found + places()


def places() -> list[CheckMessage]:
    """What is wrong with the places outside, as far as the settings tell."""
    try:
        named = anchors.configured()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="See the how-to “Keep checkpoints outside”.", id="assay.E005")]
    if named and all(place.recall is Recall.NONE for place in named):
        return [
            Warning(
                "Checkpoints are only stamped with the time: no place outside keeps one.",
                hint="Name another one in ASSAY_LOG_ANCHORS: a folder elsewhere, a repository, a bucket, a witness.",
                id="assay.W004",
            )
        ]
    return []


@register("ledger", deploy=True)
def check_log(**kwargs: Any) -> list[CheckMessage]:
    """The same, for `manage.py check --deploy`."""
    try:
        return findings()
    except DatabaseError as error:
        return [
            Info(
                f"The database does not answer, so nobody looked who may change the log ({_first_line(error)}).",
                hint="Run the check again where the database can be reached.",
                id="assay.I001",
            )
        ]


def refuse_unsafe() -> None:
    """Stop the start when the log could be changed, when nobody can tell, or when a place outside is misnamed."""
    anchors.configured()
    try:
        found = findings()
    except DatabaseError as error:
        raise ImproperlyConfigured(
            f"The database does not answer, so nobody knows who may change the log: {_first_line(error)}."
        ) from error
    finally:
        connection.close()
    if wrong := [message for message in found if message.is_serious()]:
        raise ImproperlyConfigured(" ".join(f"{message.msg} {message.hint}" for message in wrong))
    for message in found:
        logger.warning("%s %s", message.msg, message.hint)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
