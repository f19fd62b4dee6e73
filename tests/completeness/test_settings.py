"""Every setting that the code reads stands in .env.example with a comment, and nothing else does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
READERS = {"text", "secret", "flag", "number", "words"}
SETTING = re.compile(r"^#?([A-Z][A-Z0-9_]*)=")

# Read by the code, but not a setting of the service.
NOT_A_SETTING = {"DJANGO_SETTINGS_MODULE": "Names the settings themselves; wired in, and never changed."}


def reads(source: Path) -> Iterator[str]:
    """The names of the environment variables that one source file reads."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        called = ast.unparse(node.func)
        if called in {f"env.{reader}" for reader in READERS} or re.search(
            r"\bos\.(environ\.\w+|getenv)$", called
        ):
            yield str(node.args[0].value)


def settings_read() -> set[str]:
    sources = [path for app in ("registry", "audits", "governance") for path in (ROOT / app).rglob("*.py")]
    return {name for source in sources for name in reads(source)} - NOT_A_SETTING.keys()


def compose_reads() -> set[str]:
    return set(re.findall(r"\$\{([A-Z][A-Z0-9_]*)", COMPOSE))


def settings_listed() -> list[str]:
    return [match.group(1) for line in EXAMPLE if (match := SETTING.match(line))]


def test_it_lists_every_setting_that_the_code_reads() -> None:
    assert "DATABASE_URL" in settings_read()
    assert (settings_read() | compose_reads()) - set(settings_listed()) == set()


def test_it_lists_nothing_that_the_code_does_not_read() -> None:
    assert set(settings_listed()) - settings_read() - compose_reads() == set()


def test_it_lists_each_setting_once() -> None:
    assert sorted(settings_listed()) == sorted(set(settings_listed()))


@pytest.mark.parametrize("name", settings_listed())
def test_it_explains_the_setting_in_the_line_above(name: str) -> None:
    position = next(
        i for i, line in enumerate(EXAMPLE) if (found := SETTING.match(line)) and found.group(1) == name
    )
    above = EXAMPLE[position - 1]
    assert above.startswith("# ")
    assert above.endswith(".")
