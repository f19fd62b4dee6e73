"""Progress on standard error: a line when something changed, so that a CI log stays readable."""

from __future__ import annotations

from assay_client.terminal import Terminal, clean

STEP = 10


class Progress:
    """Says a step once, and then again whenever it has come a tenth further."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._last: tuple[str, int] | None = None

    def show(self, step: str, percent: float) -> None:
        """How far it is."""
        reached = (clean(step, 80), int(min(max(percent, 0), 100)) // STEP)
        if reached != self._last:
            self._last = reached
            self._terminal.note(f"assay: {reached[0]} {reached[1] * STEP}%")
