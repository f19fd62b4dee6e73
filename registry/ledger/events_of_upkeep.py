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
)
