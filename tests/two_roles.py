"""A database as it is deployed: one role owns it, another runs the service. Made from the files that operators use."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
ROLES = ROOT / "deploy" / "postgresql" / "roles.sql"
PASSWORD = "only-for-tests"

# One database for all tests that want it; they run in one process.
marks = [
    pytest.mark.postgresql,
    pytest.mark.xdist_group("two_roles"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite knows no roles"),
    pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed"),
]


@dataclass(frozen=True)
class TwoRoles:
    """Its address as each of the three who connect to it."""

    name: str
    administrator: str
    owner: str
    service: str

    def connect(self, role: str) -> "psycopg.Connection[Any]":
        """A session of its own, each statement a transaction."""
        return psycopg.connect(self.url(role), autocommit=True)

    def url(self, role: str) -> str:
        """The address as one of the roles."""
        settings = connection.settings_dict
        host, port = settings["HOST"] or "127.0.0.1", settings["PORT"] or 5432
        password = settings["PASSWORD"] if role == self.administrator else PASSWORD
        return f"postgresql://{role}{f':{password}' if password else ''}@{host}:{port}/{self.name}"

    def run(self, *arguments: str, role: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
        """A process of the service, or another, as one of the roles."""
        own = {"DATABASE_URL": self.url(role or self.service), "ASSAY_ALLOW_DATABASE_OWNER": "false"}
        return subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env={**os.environ, **own, **environment},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Meanwhile Django is connected to it as the role of the service, and commits."""
        before = dict(connection.settings_dict)
        connection.close()
        connection.settings_dict.update(NAME=self.name, USER=self.service, PASSWORD=PASSWORD)
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict.update(before)


def make_two_roles() -> Iterator[TwoRoles]:
    """Roles, database and tables, gone afterwards."""
    made = TwoRoles(
        name=f"assay_roles_{os.getpid()}",
        administrator=connection.settings_dict["USER"],
        owner=f"assay_owner_{os.getpid()}",
        service=f"assay_app_{os.getpid()}",
    )
    with _server(made) as server:
        try:
            with _database(server, made, sql.SQL("")):
                run_roles(made)
                migrated = made.run("manage.py", "migrate", ASSAY_OWNER_DATABASE_URL=made.url(made.owner))
                assert migrated.returncode == 0, migrated.stderr
                yield made
        finally:
            for role in (made.service, made.owner):
                server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def copied(two_roles: TwoRoles) -> Iterator[TwoRoles]:
    """The same in a database of its own."""
    made = replace(two_roles, name=f"{two_roles.name}_copy")
    template = sql.SQL("TEMPLATE {} OWNER {}").format(
        sql.Identifier(two_roles.name), sql.Identifier(made.owner)
    )
    with _server(made) as server, _database(server, made, template):
        yield made


def _server(made: TwoRoles) -> "psycopg.Connection[Any]":
    return replace(made, name="postgres").connect(made.administrator)


@contextmanager
def _database(server: "psycopg.Connection[Any]", made: TwoRoles, how: sql.Composable) -> Iterator[None]:
    name = sql.Identifier(made.name)
    server.execute(sql.SQL("CREATE DATABASE {} {}").format(name, how))
    try:
        yield
    finally:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def run_roles(made: TwoRoles) -> None:
    """The file that operators run, with names that no other test has."""
    text = ROLES.read_text(encoding="utf-8")
    text = text.replace("assay_owner", made.owner).replace("assay_app", made.service)
    subprocess.run(
        ["psql", "--quiet", "--no-psqlrc", made.url(made.administrator)], input=text, text=True, check=True,
        env={**os.environ, "DATABASE_OWNER_PASSWORD": PASSWORD, "DATABASE_PASSWORD": PASSWORD},
        capture_output=True,
    )  # fmt: skip
