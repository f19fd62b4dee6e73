"""Every management command is called by some test."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = sorted(
    path.stem for path in ROOT.glob("*/management/commands/*.py") if not path.stem.startswith("_")
)
TESTS = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")]


# Why no test calls a command: a sentence for each.
ELSEWHERE = {"demo": "Run whole by .ci/run, with a real server and a real worker."}


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ELSEWHERE])
def test_it_calls_the_command(command: str) -> None:
    called = re.compile(rf"""(call_command\(|manage\.py["'],)\s*["']{command}["']""")
    assert any(called.search(test) for test in TESTS)
