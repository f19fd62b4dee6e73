"""The command as CI runs it: a process of its own, its exit code, its two streams."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from assay_client import __version__

from tests.client.command import DIGEST
from tests.client.conftest import SOURCE
from tests.client.service import FakeService, silence
from tests.client.verdicts import UNMET, answer, answering, denial, signed, vkey

GATE = ("gate", "--digest", DIGEST, "--environment", "production")


def run(service: FakeService, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """`assay` in a process with nothing in its environment but what is given."""
    environ = {
        "ASSAY_URL": service.url,
        "ASSAY_TOKEN": "t",
        "PYTHONPATH": str(SOURCE),
        "LC_ALL": "C.UTF-8",
        **more,
    }
    return subprocess.run(
        [sys.executable, "-m", "assay_client", *arguments],
        env=environ, capture_output=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("case", "code"), [("allow", 0), ("deny", 1), ("unknown", 2), ("waiver", 4), ("nothing", 5)]
)
def test_the_exit_code_of_the_process(service: FakeService, case: str, code: int) -> None:
    service.behaviour = {
        "allow": answering(lambda question: signed(answer(question))),
        "deny": answering(lambda question: signed(denial(question, UNMET))),
        "unknown": lambda handler, asked: handler.send_problem(404, "model_version.unknown", "Unknown."),
        "waiver": answering(lambda question: signed(answer(question, verdict="allow_with_waiver"))),
        "nothing": lambda handler, asked: None,
    }[case]
    ran = run(service, *GATE, "--strict", ASSAY_VERDICT_KEY=vkey())
    assert ran.returncode == code
    assert "Traceback" not in ran.stdout + ran.stderr


def test_the_console_entry_of_the_distribution_is_the_same(service: FakeService) -> None:
    project = (SOURCE.parent / "pyproject.toml").read_text(encoding="utf-8")
    entry = re.search(r'assay = "([\w.]+):(\w+)"', project)
    assert entry is not None
    program = f"from {entry[1]} import {entry[2]}; {entry[2]}()"
    ran = subprocess.run(
        [sys.executable, "-c", program, "--version"],
        env={"PYTHONPATH": str(SOURCE)}, capture_output=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (0, f"assay-client {__version__}\n")


def test_no_command_is_bad_input(service: FakeService) -> None:
    ran = run(service)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert ran.stderr.count("\n") == 1


def test_a_silent_service_blocks_in_time(service: FakeService) -> None:
    service.behaviour = silence
    ran = run(service, *GATE, "--timeout", "1")
    assert ran.returncode == 5
    assert "no complete answer in time" in ran.stderr


@pytest.mark.parametrize("flag", [[], ["--json"]])
def test_an_answer_that_cannot_be_written_blocks(service: FakeService, flag: list[str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this machine has no /dev/full")
    service.behaviour = answering(answer)
    environ = {"ASSAY_URL": service.url, "ASSAY_TOKEN": "t", "PYTHONPATH": str(SOURCE)}
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "assay_client", *GATE, *flag],
            env=environ, stdout=full, stderr=subprocess.PIPE, encoding="utf-8", timeout=60, check=False,
        )  # fmt: skip
    assert ran.returncode == 5
    assert "could not be written" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_reader_that_went_away_blocks(service: FakeService) -> None:
    service.behaviour = answering(answer)
    environ = {"ASSAY_URL": service.url, "ASSAY_TOKEN": "t", "PYTHONPATH": str(SOURCE)}
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "assay_client", *GATE],
            env=environ, stdout=writing, stderr=subprocess.PIPE, encoding="utf-8", timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(writing)
    assert ran.returncode == 5
    assert "Traceback" not in ran.stderr


def test_a_broken_standard_error_does_not_change_the_answer(service: FakeService) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this machine has no /dev/full")
    service.behaviour = answering(lambda question: denial(question, UNMET))
    environ = {"ASSAY_URL": service.url, "ASSAY_TOKEN": "t", "PYTHONPATH": str(SOURCE)}
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "assay_client", *GATE],
            env=environ, stdout=subprocess.DEVNULL, stderr=full, timeout=60, check=False,
        )  # fmt: skip
    assert ran.returncode == 1


def test_a_plain_terminal_gets_ascii(service: FakeService) -> None:
    service.behaviour = answering(answer)
    ran = run(service, *GATE, PYTHONIOENCODING="ascii")
    assert ran.stdout.startswith("[+] allowed: ")
    assert ran.returncode == 0


def test_it_needs_no_django(service: FakeService) -> None:
    program = (
        "import sys, assay_client.cli\n"
        "print([name for name in ('django', 'rest_framework', 'numpy', 'registry') if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(SOURCE)}, capture_output=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert ran.stdout == "[]\n"
