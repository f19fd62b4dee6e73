"""Cursor pages: stable while rows are added, and never a deep offset."""

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """Pages from the newest row on; a view with other columns names them in `ordering`."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering: tuple[str, ...] = ("-created_at", "pk")


class LockPages(NewestFirst):
    """Schema locks, newest first."""

    ordering = ("-locked_at", "pk")
