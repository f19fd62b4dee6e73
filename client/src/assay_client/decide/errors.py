"""Why a decision cannot be made again."""

from __future__ import annotations


class BadFacts(ValueError):
    """The facts or the policy are not what they should be: nothing was decided on them."""


class NotSupported(ValueError):
    """The facts or the policy hold something that this version does not know; it accepts nothing then."""
