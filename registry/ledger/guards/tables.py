"""The tables of the log, and what may be done to each."""

HEAD = "registry_ledgerhead"
ENTRY = "registry_ledgerentry"
TEXT = "registry_personaltext"
TILE = "registry_ledgertile"
HALT = "registry_ledgerhalt"

# Rows are added and never changed or taken away.
APPEND_ONLY = (
    ENTRY,
    "registry_ledgerverification",
    "registry_ledgerkey",
    "registry_ledgercheckpoint",
    "registry_ledgeranchor",
    "registry_ledgerepoch",
    "registry_read",
    TILE,
)
ALL = (*APPEND_ONLY, HEAD, TEXT)

REFUSAL = "The ledger is append-only."

# How much older than the database's clock the time of a new entry may be: it is read together with the head, before
# the decision that the entry tells of. It is never later.
TOLERANCE_SECONDS = 60

# What the role of the running service may do. Everything that is not named here is ordinary data.
_ADD = ("SELECT", "INSERT")
RIGHTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(APPEND_ONLY, _ADD),
    HEAD: (*_ADD, "UPDATE (size, root, frontier)"),
    HALT: (*_ADD, "UPDATE (lifted_at)"),
    TEXT: _ADD,  # erased through the function ledger_erase only
    "django_migrations": ("SELECT",),
}
