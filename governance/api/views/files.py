"""Answers that are files."""

from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request


class AnyType(BaseContentNegotiation):
    """A file is what it is, whatever the caller says to accept."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The first."""
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """JSON, for errors."""
        return renderers[0], renderers[0].media_type
