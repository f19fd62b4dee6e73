"""What each service writes into the log: exactly that, in whatever test it is called, and each is called in one.

With ASSAY_DECLARED_EVENTS=1, every transaction that a service commits is compared with the row of the service in
`tests.declared`; at the end of a run of the whole SQLite lane a service that no test has called is an error.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from registry.ledger import record
from tests.catalogue import services
from tests.declared import ATTEMPT, DECLARED

called: set[str] = set()
TESTS = str(Path(__file__).parent)
ASKED = bool(os.environ.get("ASSAY_DECLARED_EVENTS"))
_CODE = re.compile(r"[a-z_]+\.[a-z_]+")


def fits(service: str, events: list[str]) -> bool:
    """Whether these events, in this order, are what the service declares; a refused attempt is told by itself."""
    told = "".join(f"{event} " for event in events)
    return told == f"{ATTEMPT} " or pattern(DECLARED[service]).fullmatch(told) is not None


def pattern(declared: str) -> re.Pattern[str]:
    """`a b? (c | d)*` over the codes of events; an empty text is no event at all."""
    return re.compile(_CODE.sub(lambda code: f"(?:{re.escape(code[0])}\\x20)", declared).replace(" ", ""))


@contextmanager
def watched() -> Iterator[None]:
    """Meanwhile whatever a service commits is compared with what it declares."""
    names = {code: name for name, code in services().items()}
    append = record._append

    def compared(pending: Any) -> None:
        append(pending)
        service = _outermost(sys._getframe(1), names)
        events = [entry.event.code for entry in pending.entries]
        if service:
            called.add(service)
            assert fits(service, events), f"{service} wrote {events}; it declares “{DECLARED[service]}”."

    record._append = compared
    try:
        yield
    finally:
        record._append = append


def _outermost(frame: FrameType | None, names: dict[Any, str]) -> str:
    """The service that was called, whatever it calls itself; empty when none is at work any more.

    Where a test puts something of its own into the middle of a service, only what that calls counts.
    """
    found = ""
    while frame is not None and not frame.f_code.co_filename.startswith(TESTS):
        found = names.get(frame.f_code, found)
        frame = frame.f_back
    return found


def whole(config: pytest.Config) -> bool:
    """Whether this run takes all tests of the SQLite lane."""
    everything = list(config.args) == list(config.getini("testpaths")) and not config.option.keyword
    return ASKED and os.environ.get("ASSAY_TEST_LANE") == "sqlite" and everything


def never_called() -> list[str]:
    """Services that no test of this run has called."""
    return sorted(DECLARED.keys() - called)
