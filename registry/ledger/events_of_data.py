"""Rows of the catalogue of events: datasets whose columns are locked, and whose quality is measured."""

from typing import Final

from registry.ledger.event import Event

ROWS: Final = (
    Event(
        "schema.locked",
        "The columns of dataset {dataset} were locked.",
        ("lock_id", "dataset_id", "dataset", "columns_digest"),
    ),
    Event(
        "schema.released",
        "The columns of dataset {dataset} were released.",
        ("lock_id", "dataset_id", "dataset", "columns_digest"),
        ("reason",),
    ),
    Event(
        "schema.release_refused",
        "The columns of dataset {dataset} stay locked: {why}.",
        ("lock_id", "dataset_id", "dataset", "why"),
    ),
    Event(
        "data_quality.requested",
        "A data-quality run was requested; its bars were sealed.",
        ("run_id", "dataset_version_id", "bars_digest", "code_version"),
    ),
    Event(
        "data_quality.requeued",
        "A data-quality run whose worker was lost is queued again.",
        ("run_id", "attempts"),
    ),
    Event("data_quality.cancelled", "A data-quality run was cancelled.", ("run_id",)),
    Event(
        "data_quality.finished",
        "A data-quality run ended as {state}.",
        ("run_id", "state", "result_digest", "bars_digest", "attempts", "error"),
    ),
)
