"""The catalogue's rows about people's own sign-in: told in every organisation they are a member of."""

from registry.ledger.event import Event

ROWS = (
    Event("account.signed_in", "{user} signed in.", ("user_id", "method", "second_factor"), ("user",)),
    Event("account.sign_in_failed", "Signing in as {user} failed: {why}.", ("user_id", "why"), ("user",)),
    Event("account.factor_added", "{user} set up a second factor.", ("user_id", "factor"), ("user",)),
    Event("account.factor_removed", "{user} removed a second factor.", ("user_id", "factor"), ("user",)),
    Event("account.password_changed", "{user} has a new password.", ("user_id", "how"), ("user",)),
    Event(
        "account.identity_linked",
        "An identity of {issuer} signs in as {user} from now on.",
        ("user_id", "issuer", "subject_digest"),
        ("user",),
    ),
    Event(
        "account.identity_unlinked",
        "No identity of {issuer} signs in as {user} any more.",
        ("user_id", "issuer"),
        ("user",),
    ),
)
