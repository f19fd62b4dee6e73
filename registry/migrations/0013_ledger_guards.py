"""Lets the guards of `registry.ledger.guards` take the place of those of 0002.

`manage.py migrate` puts them right after each migration, so that guards of later tables, and of tables that SQLite
rebuilds, need no migration of their own.
"""

from importlib import import_module

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from registry.ledger import guards

FIRST = import_module("registry.migrations.0002_ledger_append_only")


def renew(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Replace the first guards."""
    FIRST.unguard(apps, editor)
    guards.install(editor.connection)


def go_back(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Put the first guards back."""
    guards.remove(editor.connection)
    FIRST.guard(apps, editor)


class Migration(migrations.Migration):
    """Guards for every table of the log."""

    dependencies = [("registry", "0012_checkpoints")]
    operations = [migrations.RunPython(renew, go_back)]
