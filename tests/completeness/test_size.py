"""No file and no function of the code grows past the wall."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    source
    for folder in ("registry", "audits", "governance", "client/src", "benchmarks", "scripts")
    for source in (ROOT / folder).rglob("*.py")
    if "migrations" not in source.parts
]
FILE_LINES = 300
FUNCTION_LINES = 50
DRAWERS = {"utils", "helpers", "misc", "common", "shortcuts"}

# Why a file may be longer: a sentence for each.
LONGER: dict[str, str] = {
    "registry/ledger/events.py": "The catalogue of events is one table, a row for each, and only ever grows.",
}


def functions(source: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def name_of(source: Path) -> str:
    return str(source.relative_to(ROOT))


def test_it_keeps_every_file_short() -> None:
    lengths = {name_of(source): len(source.read_text(encoding="utf-8").splitlines()) for source in SOURCES}
    assert {name for name, lines in lengths.items() if lines > FILE_LINES} - LONGER.keys() == set()


def test_it_keeps_every_function_short() -> None:
    long = {
        f"{name_of(source)}:{function.lineno} {function.name}"
        for source in SOURCES
        for function in functions(source)
        if (function.end_lineno or 0) - function.lineno >= FUNCTION_LINES
    }
    assert long == set()


def test_it_names_no_junk_drawer() -> None:
    assert {name_of(source) for source in SOURCES if source.stem in DRAWERS} == set()
