"""When the database does not take a change: the answer is that nothing was changed, and to try again."""

from typing import Final

from django.db import DatabaseError, InterfaceError, OperationalError

from registry.errors import Unavailable

LOG: Final = "The ledger cannot be written, so nothing was changed. Try again."
DATABASE: Final = "The database takes no changes now, so nothing was changed. Try again."
UNKNOWN: Final = (
    "The database fell silent while it kept the change. Look whether the change is there; if not, try again."
)
# Refusals that PostgreSQL does not count among the troubles of its operation.
_READ_ONLY, _NO_PRIVILEGE = "25006", "42501"


def of(error: Exception, *, committing: bool = False) -> Unavailable | None:
    """What to tell about an error of the database that no caller caused; None for anything else, which is a bug."""
    if not isinstance(error, DatabaseError | InterfaceError):
        return None
    state = _state(error)
    if committing and (state is None or state[:2] in ("08", "57")) and isinstance(error, OperationalError):
        return Unavailable(UNKNOWN, code="unavailable.unknown")
    if state == _NO_PRIVILEGE and committing:
        return Unavailable(LOG)
    if isinstance(error, OperationalError | InterfaceError) or state in (_READ_ONLY, _NO_PRIVILEGE):
        return Unavailable(DATABASE)
    return None


def _state(error: Exception) -> str | None:
    """PostgreSQL's five characters for what went wrong; None when it did not say, as on SQLite."""
    return getattr(error.__cause__, "sqlstate", None)
