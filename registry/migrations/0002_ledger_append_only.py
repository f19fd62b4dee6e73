"""Guards the ledger's rows in the database itself, on SQLite and PostgreSQL.

The statements are one per string because SQLite executes one at a time. An owner of the database can drop a trigger;
SECURITY.md says who can notice that.
"""

from collections.abc import Sequence

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

REFUSAL = "The ledger is append-only."

SQLITE = (
    f"""CREATE TRIGGER ledger_no_update BEFORE UPDATE ON registry_ledgerentry
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    f"""CREATE TRIGGER ledger_no_delete BEFORE DELETE ON registry_ledgerentry
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    # INSERT OR REPLACE would delete silently when recursive triggers are off; and an index is never given twice.
    f"""CREATE TRIGGER ledger_next_only BEFORE INSERT ON registry_ledgerentry
        WHEN EXISTS (SELECT 1 FROM registry_ledgerentry WHERE id = NEW.id)
          OR NEW."index" <> COALESCE((SELECT MAX("index") + 1 FROM registry_ledgerentry
                                       WHERE organisation_id = NEW.organisation_id), 0)
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    f"""CREATE TRIGGER ledger_head_no_delete BEFORE DELETE ON registry_ledgerhead
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    f"""CREATE TRIGGER ledger_head_grows BEFORE UPDATE ON registry_ledgerhead
        WHEN NEW.size <= OLD.size OR NEW.organisation_id <> OLD.organisation_id OR NEW.origin <> OLD.origin
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
)
SQLITE_BACK = tuple(
    f"DROP TRIGGER {name}"
    for name in (
        "ledger_no_update",
        "ledger_no_delete",
        "ledger_next_only",
        "ledger_head_no_delete",
        "ledger_head_grows",
    )
)
POSTGRESQL = (
    f"""CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'insufficient_privilege'; END $$""",
    f"""CREATE FUNCTION ledger_next_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
          IF NEW."index" <> (SELECT COALESCE(MAX("index") + 1, 0) FROM registry_ledgerentry
                             WHERE organisation_id = NEW.organisation_id) THEN
            RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'insufficient_privilege';
          END IF;
          RETURN NEW;
        END $$""",
    f"""CREATE FUNCTION ledger_head_grows() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
          IF NEW.size <= OLD.size OR NEW.organisation_id <> OLD.organisation_id OR NEW.origin <> OLD.origin THEN
            RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'insufficient_privilege';
          END IF;
          RETURN NEW;
        END $$""",
    """CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE ON registry_ledgerentry
       FOR EACH ROW EXECUTE FUNCTION ledger_refuse()""",
    """CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON registry_ledgerentry
       FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
    """CREATE TRIGGER ledger_next_only BEFORE INSERT ON registry_ledgerentry
       FOR EACH ROW EXECUTE FUNCTION ledger_next_only()""",
    """CREATE TRIGGER ledger_head_no_delete BEFORE DELETE ON registry_ledgerhead
       FOR EACH ROW EXECUTE FUNCTION ledger_refuse()""",
    """CREATE TRIGGER ledger_head_no_truncate BEFORE TRUNCATE ON registry_ledgerhead
       FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
    """CREATE TRIGGER ledger_head_grows BEFORE UPDATE ON registry_ledgerhead
       FOR EACH ROW EXECUTE FUNCTION ledger_head_grows()""",
)
POSTGRESQL_BACK = (
    "DROP TRIGGER ledger_no_change ON registry_ledgerentry",
    "DROP TRIGGER ledger_no_truncate ON registry_ledgerentry",
    "DROP TRIGGER ledger_next_only ON registry_ledgerentry",
    "DROP TRIGGER ledger_head_no_delete ON registry_ledgerhead",
    "DROP TRIGGER ledger_head_no_truncate ON registry_ledgerhead",
    "DROP TRIGGER ledger_head_grows ON registry_ledgerhead",
    "DROP FUNCTION ledger_head_grows()",
    "DROP FUNCTION ledger_next_only()",
    "DROP FUNCTION ledger_refuse()",
)


def _run(editor: BaseDatabaseSchemaEditor, statements: dict[str, Sequence[str]]) -> None:
    if editor.connection.vendor not in statements:
        raise RuntimeError(f"Assay runs on PostgreSQL and SQLite, not on {editor.connection.vendor}.")
    for statement in statements[editor.connection.vendor]:
        editor.execute(statement)


def guard(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers."""
    _run(editor, {"sqlite": SQLITE, "postgresql": POSTGRESQL})


def unguard(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers (only when the whole table goes)."""
    _run(editor, {"sqlite": SQLITE_BACK, "postgresql": POSTGRESQL_BACK})


class Migration(migrations.Migration):
    """Append-only, enforced by the database."""

    dependencies = [("registry", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
