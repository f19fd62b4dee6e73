"""Every management command is called by some test."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = sorted(
    path.stem for path in ROOT.glob("*/management/commands/*.py") if not path.stem.startswith("_")
)
TESTS = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")]


@pytest.mark.parametrize("command", COMMANDS)
def test_it_calls_the_command(command: str) -> None:
    called = re.compile(rf"""["']{command}["']""")
    assert any(called.search(test) for test in TESTS)
