"""Cursor pages of evidence."""

from registry.api.pagination import NewestFirst


class RunPages(NewestFirst):
    """Runs, newest request first."""

    ordering = ("-requested_at", "pk")


class MeasurementPages(NewestFirst):
    """Measurements in the order they were made."""

    page_size = 200
    max_page_size = 1_000
    ordering = ("pk",)


class PlanPages(NewestFirst):
    """Plans, newest first."""

    ordering = ("-sealed_at", "pk")
