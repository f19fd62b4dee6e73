"""Which database, and as whom: the running service as one role, migrations as the role that owns the tables."""

from pathlib import Path
from typing import Any

import environ

from governance import env


def configured(var_dir: Path) -> dict[str, Any]:
    """The database of the running service."""
    return _of_url(env.secret("DATABASE_URL", f"sqlite:///{var_dir / 'assay.sqlite3'}"))


def of_owner() -> dict[str, Any] | None:
    """The same database as the role that owns the tables; None where one role does both."""
    url = env.secret("ASSAY_OWNER_DATABASE_URL", "")
    return _of_url(url) if url else None


def may_own() -> bool:
    """Whether the running service may be the owner of the log, as on a developer's machine."""
    return env.flag("ASSAY_ALLOW_DATABASE_OWNER", False)


def _of_url(url: str) -> dict[str, Any]:
    database: dict[str, Any] = environ.Env.db_url_config(url)
    if database["ENGINE"].endswith("sqlite3"):
        database["OPTIONS"] = {
            # Deferred transactions lose writes to "database is locked" under load; IMMEDIATE waits its turn.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # With recursive_triggers INSERT OR REPLACE fires the ledger's delete guard as well.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;",
        }
    else:
        database["CONN_MAX_AGE"] = env.number("DATABASE_CONN_MAX_AGE", 60)
        database["CONN_HEALTH_CHECKS"] = True
    return database
