"""What is printed is readable on any terminal, and never obeyed by one."""

from __future__ import annotations

import io
import sys

import pytest
from assay_client.terminal import Terminal, clean

from tests.client.command import Command
from tests.client.service import FakeService
from tests.client.shared import vectors
from tests.client.verdicts import UNMET, answering, denial

HOSTILE = [
    "\x1b[2J\x1b]0;title\x07 gone",
    "line\n::set-output name=x::y",
    "line\r\n::add-mask::secret",
    "##[error]not an error",
    "\u202eexe.lleh\u202c",
    "a\u2028b\u2029c",
    "\u200b\u200d\ufeff",
    "\x9b31m",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_a_terminal_or_runner_would_obey_is_printed(
    service: FakeService, assay: Command, text: str
) -> None:
    finding = {**dict.fromkeys(UNMET, text), "state": "open"}
    service.behaviour = answering(
        lambda question: denial(question, finding, url=text, policy={"name": text, "version": text})
    )
    ran = assay.gate()
    assert ran.code == 1
    for line in ran.out.splitlines():
        assert line.isprintable()
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


@pytest.mark.parametrize("text", HOSTILE)
def test_json_is_ascii_and_holds_no_command(service: FakeService, assay: Command, text: str) -> None:
    service.behaviour = answering(lambda question: denial(question, {**UNMET, "sentence": text}))
    ran = assay.gate("--json")
    assert ran.out.isascii()
    assert "##[" not in ran.out
    assert "\x1b" not in ran.out
    assert ran.document["findings"][0]["sentence"] == text


def test_naughty_strings_stay_one_line() -> None:
    for text in vectors("naughty-strings/blns.json"):
        shown = clean(text)
        assert len(shown.splitlines()) <= 1
        assert len(shown) <= 600


def test_long_texts_are_cut() -> None:
    assert clean("x" * 10_000) == "x" * 597 + "..."


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_without_the_signs_gets_ascii(encoding: str) -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding=encoding) as out:
        terminal = Terminal(out, out)
        terminal.answer("blocked", "blocked")
        terminal.line("who: Zoë 模型")
        assert raw.getvalue().decode(encoding).startswith("[x] blocked\nwho: Zo")


def test_a_stream_that_is_not_there_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    Terminal().line("nobody reads this")


def test_many_findings_are_counted_and_not_all_printed(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(lambda question: denial(question, *[UNMET] * 120))
    ran = assay.gate()
    assert ran.out.count("■ open") == 50
    assert "and 70 more findings" in ran.out
