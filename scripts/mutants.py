"""Runs mutmut on the modules that decide, inside a copy of the project: see scripts/mutants.sh.

What is changed is what decides. A text with a blank in it is a sentence, whose words are another test's subject.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import libcst
import yaml
from mutmut import __main__ as mutmut
from mutmut import configuration
from mutmut.mutation import mutators
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code


# Which tests judge which modules; the folders of a database's tests are chosen narrowly, for they take their time.
def _gates(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/governance/gates/test_{name}.py" for name in names)


VOTING: Final = _gates("decide", "votes", "approvals", "subject", "lineage", "plan", "properties", "replay")
WAIVING: Final = _gates("waiving", "emergency", "budget", "plan_exceptional", "decide", "replay")
TESTS: Final[dict[str, tuple[str, ...]]] = {
    "governance/lifecycle.py": ("tests/governance/test_lifecycle.py", *VOTING),
    "governance/gates/decide.py": VOTING,
    "governance/gates/votes.py": VOTING,
    "governance/gates/voted.py": VOTING,
    "governance/gates/lineage.py": VOTING,
    "governance/gates/outcome.py": VOTING,
    "governance/gates/subject.py": VOTING,
    "governance/gates/requirements/approvals.py": VOTING,
    "governance/gates/waiving.py": WAIVING,
    "governance/gates/budget.py": WAIVING,
    "governance/gates/emergency.py": WAIVING,
    "governance/gates/live.py": WAIVING,
}
EXAMPLES: Final = 15  # of each property: what the other tests leave alive is tried with so many
Key = tuple[str, str, str]  # where, the line before, the line after
EXPLAINED: Final = Path("tests/mutants.yaml")
NEEDED: Final = (
    "registry", "audits", "benchmarks", "templates", "client", "docs", "scripts", "deploy", "manage.py",
    "CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md", "Makefile", ".env.example",
)  # fmt: skip


def main(modules: list[str], report: Path) -> int:
    """Mutants of these modules, written to the report; 1 when one lives that nobody has explained."""
    forget()
    changed_in_place(map(Path, modules), mutable)
    changed_in_place(Path("tests").rglob("*.py"), hurried)
    configure(modules)
    only_what_decides()
    mutmut._run((), 1)
    lines = list(told(modules))
    report.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return int(any(line.startswith("LIVES") for line in lines))


def changed_in_place(paths: Iterable[Path], change: Callable[[str], str]) -> None:
    for path in paths:
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


FORGETTING: Final = """
from governance.gates import memory, policy


@pytest.fixture(autouse=True)
def forgetting() -> None:
    memory.TEST += 1
    policy.parse.cache_clear()
"""


def forget() -> None:
    """Each test derives anew, or it would not be seen to use what an earlier one has called, and meet its answers."""
    changed_in_place(
        [Path("governance/gates/memory.py")],
        lambda source: source.replace("__dict__", "__dict__.setdefault(TEST, {})") + "\n\nTEST = 0\n",
    )
    changed_in_place([Path("tests/conftest.py")], lambda source: source + FORGETTING)


def mutable(source: str) -> str:
    """The same module, without memory and with functions behind its properties: mutmut leaves decorated ones alone."""
    lines = source.replace("\n@once\n", "\n").splitlines()
    for node in sorted(ast.walk(ast.parse(source)), key=lambda node: -getattr(node, "lineno", 0)):
        if isinstance(node, ast.FunctionDef) and [ast.unparse(one) for one in node.decorator_list] == [
            "property"
        ]:
            behind, pad = f"{node.name}_behind", " " * node.col_offset
            lines.insert(node.end_lineno or 0, f"{pad}{node.name} = property(lambda self: self.{behind}())")
            lines[node.lineno - 1] = lines[node.lineno - 1].replace(f"def {node.name}(", f"def {behind}(", 1)
            del lines[node.decorator_list[0].lineno - 1]
    return "\n".join(lines) + "\n"


def hurried(test: str) -> str:
    """The same test, with few examples of each property."""
    few = re.sub(r"max_examples=\d+", f"max_examples={EXAMPLES}", test)
    return few.replace('register_profile("assay", ', f'register_profile("assay", max_examples={EXAMPLES}, ')


def configure(modules: list[str]) -> None:
    given = configuration.config()
    given.only_mutate = modules
    given.also_copy += [Path(name) for name in NEEDED if Path(name).exists()]
    given.pytest_add_cli_args_test_selection = [
        *dict.fromkeys(test for one in modules for test in TESTS[one])
    ]


def only_what_decides() -> None:
    """Leaves sentences as they are."""
    change = mutators.operator_string

    def words(node: Any) -> Iterable[Any]:
        return () if isinstance(node, libcst.SimpleString) and " " in node.value else change(node)

    mutators.mutation_operators[:] = [
        (kind, words if made is change else made) for kind, made in mutators.mutation_operators
    ]


def told(modules: list[str]) -> Iterator[str]:
    """A line for each module, and one for each mutant that lives."""
    reasons = {
        key(row["where"], row["was"], row["is"]): row["why"] for row in yaml.safe_load(EXPLAINED.read_text())
    }
    for module in modules:
        data = SourceFileMutationData(path=Path(module))
        data.load()
        alive = {name: code for name, code in data.exit_code_by_key.items() if code not in KILLED}
        found = [lives(module, name, code, reasons) for name, code in alive.items()]
        explained = [line for line in found if line.startswith("explained")]
        yield f"{module}: {len(data.exit_code_by_key)} mutants, {len(alive)} live, {len(explained)} of them explained"
        yield from (line for line in found if line not in explained)


KILLED: Final = {code for code, said in status_by_exit_code.items() if said in ("killed", "timeout")}


def lives(module: str, name: str, code: int, reasons: dict[Key, str]) -> str:
    was, now = changed(get_diff_for_mutant(name, path=module))
    function = (
        name.rpartition(".")[2]
        .partition("__mutmut_")[0]
        .removeprefix("x_")
        .removeprefix("xǁ")
        .replace("ǁ", ".")
    )
    where = f"{module} {function}"
    why = reasons.get(key(where, was, now))
    if why:
        return f"explained {where}: {why}"
    return f"LIVES ({status_by_exit_code[code]}) {where}\n    - {was}\n    + {now}"


def changed(diff: str) -> tuple[str, str]:
    """The line before and after, without the blanks around it."""
    was, now = (
        " ".join(row[1:].strip() for row in diff.splitlines()[2:] if row.startswith(sign)) for sign in "-+"
    )
    return was, now


def key(where: str, was: str, now: str) -> Key:
    return where, " ".join(was.split()), " ".join(now.split())


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:] or [*TESTS], Path(sys.argv[1])))
