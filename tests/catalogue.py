"""The services that change something, found in their source: they or their helpers open `record.transaction()`."""

import ast
import importlib
import inspect
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).resolve().parents[1]
APPS = ("registry", "audits", "governance")


def services() -> dict[str, CodeType]:
    """The code of each, by a name such as `registry.documents.add`."""
    found = {}
    for path in sorted(path for app in APPS for path in (ROOT / app / "services").glob("*.py")):
        app = path.parts[-3]
        for name in _changing(ast.parse(path.read_text(encoding="utf-8"))):
            module = importlib.import_module(f"{app}.services.{path.stem}")
            found[f"{app}.{path.stem}.{name}"] = inspect.unwrap(getattr(module, name)).__code__
    return found


def _changing(module: ast.Module) -> list[str]:
    functions = {node.name: _called(node) for node in module.body if isinstance(node, ast.FunctionDef)}
    changing = {name for name, called in functions.items() if "record.transaction" in called}
    while more := {name for name in functions.keys() - changing if functions[name] & changing}:
        changing |= more
    return sorted(name for name in changing if not name.startswith("_"))


def _called(node: ast.FunctionDef) -> set[str]:
    return {ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}
