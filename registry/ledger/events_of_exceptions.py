"""Rows of the catalogue of events: waivers, emergency releases, findings and incidents."""

from typing import Final

from registry.ledger.event import Event

ROWS: Final = (
    Event(
        "waiver.requested",
        "A waiver was asked for, until {expires_at}.",
        ("waiver_id", "model_version_id", "step", "environment", "digest", "starts", "expires_at", "renewal"),
        ("findings", "reason", "compensating_control"),
    ),
    Event(
        "waiver.approved",
        "A waiver was approved as {role}, until {expires_at}.",
        ("waiver_id", "model_version_id", "digest", "role", "starts", "expires_at"),
    ),
    Event("waiver.refused", "A waiver was refused.", ("waiver_id", "digest"), ("reason",)),
    Event("waiver.revoked", "A waiver was revoked.", ("waiver_id", "digest"), ("reason",)),
    Event(
        "waiver.excluded",
        "The approval of a waiver was refused: the person {why}.",
        ("waiver_id", "digest", "why"),
    ),
    Event(
        "break_glass.requested",
        "An emergency release to {environment} was asked for.",
        ("break_glass_id", "model_version_id", "environment", "hours"),
        ("reason",),
    ),
    Event(
        "break_glass.confirmed",
        "An emergency release to {environment} runs until {ends}.",
        ("break_glass_id", "model_version_id", "environment", "starts", "ends", "review_due_at", "issue_id"),
    ),
    Event(
        "break_glass.withdrawn",
        "An emergency release was withdrawn before it ran.",
        ("break_glass_id",),
        ("reason",),
    ),
    Event(
        "break_glass.ended",
        "An emergency release was ended before its time.",
        ("break_glass_id", "ends"),
        ("reason",),
    ),
    Event(
        "break_glass.reviewed",
        "An emergency release was reviewed: {outcome}.",
        ("break_glass_id", "outcome"),
        ("review",),
    ),
    Event(
        "break_glass.excluded",
        "A part in an emergency release was refused: the person {why}.",
        ("break_glass_id", "why"),
    ),
    Event(
        "issue.raised",
        "A {kind} of {severity} severity was raised.",
        ("issue_id", "kind", "severity", "model_version_id", "due"),
        ("title", "description"),
    ),
    Event("issue.assigned", "{owner} owns the fix of an issue.", ("issue_id", "owner_id", "due"), ("owner",)),
    Event("issue.closed", "An issue was closed as {state}.", ("issue_id", "state"), ("resolution",)),
    Event("issue.reopened", "An issue was opened again.", ("issue_id",), ("reason",)),
    Event("issue.excluded", "The closing of an issue was refused: the person {why}.", ("issue_id", "why")),
)
