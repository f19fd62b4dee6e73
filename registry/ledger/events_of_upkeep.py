"""Rows of the catalogue of events: what happens by itself when time passes."""

from typing import Final

from registry.ledger.event import Event

ROWS: Final = (
    Event(
        "review.scheduled",
        "The next periodic review of {scheduled} is due at {due_at}.",
        ("scheduled", "due_at"),
    ),
    Event("enforcement.applied", "Assay suspended {suspended}: {causes}.", ("suspended", "causes")),
    Event(
        "log.verified",
        "The log was recomputed from its bytes up to entry {size}: {outcome}.",
        ("size", "root", "outcome", "broken_at"),
    ),
    Event(
        "log.reopened",
        "The log was stopped ({halted}) and goes on as {origin}: {signed_size} entries were signed before,"
        " {lost} of them are lost. {reason}",
        (
            "epoch",
            "origin",
            "signed_origin",
            "signed_size",
            "signed_root",
            "anchored_size",
            "size",
            "lost",
            "halted",
            "proposed_by_id",
        ),
        ("reason",),
    ),
    Event(
        "reads.bound",
        "{count} readings, the last of them number {last}, were bound: SHA-256 {digest}.",
        ("first", "last", "count", "digest"),
    ),
    Event(
        "log.key_replaced",
        "The log is signed with another key from {from_size} entries on: {reason}",
        ("old_key", "new_key", "from_size"),
        ("reason",),
    ),
)
