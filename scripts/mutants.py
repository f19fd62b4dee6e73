"""Runs mutmut on the modules that decide, inside a copy of the project: see scripts/mutants.sh.

What is changed is what decides. A text with a blank in it is a sentence, whose words are another test's subject.
"""

import ast
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import libcst
import pytest
import yaml
from _pytest.runner import runtestprotocol
from judges import TESTS
from mutmut import __main__ as mutmut
from mutmut import configuration
from mutmut.mutation import mutators, trampoline
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.utils.format_utils import mangled_name_from_mutant_name

PROGRESS: Final = Path("outcomes").absolute()
LIMIT: Final = 120  # seconds of one mutant
EXAMPLES: Final = 15  # of each property: what the other tests leave alive is tried with so many
Key = tuple[str, str, str]  # where, the line before, the line after
REMEMBERING: Final = re.compile(r"^@(once|cache|lru_cache\(.*\))\n", re.MULTILINE)
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
    generate()
    names = {module: named(module) for module in modules}
    trials = Trials([name for found in names.values() for name in found])
    os.chdir("mutants")
    options = [
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-p",
        "no:schemathesis",
        "--hypothesis-seed=0",
    ]
    if code := pytest.main(
        [*options, *dict.fromkeys(test for one in modules for test in TESTS[one])], [trials]
    ):
        raise SystemExit(f"The tests do not pass on the unchanged code ({code}).\n{trials.failure}")
    os.chdir("..")
    lines = list(told(names, trials.outcomes))
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
    getattr(policy.parse, "cache_clear", lambda: None)()
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
    lines = REMEMBERING.sub("", source).splitlines()
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
    profile = f"max_examples={EXAMPLES}, phases=[Phase.explicit, Phase.generate], "  # a failure need not be made small
    return few.replace('register_profile("assay", ', f'register_profile("assay", {profile}').replace(
        "import settings as properties", "import Phase, settings as properties"
    )


def configure(modules: list[str]) -> None:
    given = configuration.config()
    given.only_mutate = modules
    given.also_copy += [Path(name) for name in NEEDED if Path(name).exists()]


def generate() -> None:
    """The folder `mutants`, where each function of these modules stands once as it was and once for each change."""
    trampoline.set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir()
    mutmut.copy_src_dir()
    mutmut.copy_also_copy_files()
    mutmut.setup_source_paths()
    mutmut.create_mutants(1)


def named(module: str) -> list[str]:
    data = SourceFileMutationData(path=Path(module))
    data.load()
    return list(data.exit_code_by_key)


class Trials:
    """One session of pytest for all mutants.

    Each test runs once unchanged, to see that it passes and what it calls. Then each mutant gets a child of this
    process, which runs the tests that call what was changed until one fails; a database in memory is the child's own.
    """

    def __init__(self, mutants: list[str]) -> None:
        self.mutants = mutants
        self.outcomes: dict[str, str] = {}
        self.failure = ""
        self._seen: set[str] = set()
        self._killed: dict[str, int] = {}  # when a test last killed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        trampoline.record_trampoline_hit = lambda name, **_: self._seen.add(name)
        trampoline.set_mutant_under_test("stats")
        callers: dict[str, list[tuple[float, pytest.Item]]] = {}
        for item in session.items:
            self._seen, begun = set(), time.process_time()
            if not self._passes(session, item):
                raise session.Failed(f"{self.failure}\nfails unchanged.")
            for name in self._seen:
                callers.setdefault(name, []).append((time.process_time() - begun, item))
        if not self._tried(session, "", session.items):
            raise session.Failed(
                "A child fails where nothing is changed: what it would say of mutants is worth nothing."
            )
        for mutant in self.mutants:
            found = callers.get(mangled_name_from_mutant_name(mutant), [])
            items = [item for _, item in sorted(found, key=lambda pair: pair[0])]  # quick ones first
            items.sort(
                key=lambda item: -self._killed.get(item.nodeid, 0)
            )  # before them, what killed the last ones
            self.outcomes[mutant] = self._tried(session, mutant, items) if found else "is called by no test"
            with PROGRESS.open("a", encoding="utf-8") as progress:
                progress.write(f"{mutant} {self.outcomes[mutant] or 'killed'}\n")
        return True

    def _tried(self, session: pytest.Session, mutant: str, items: list[pytest.Item]) -> str:
        told, tells = os.pipe()
        child = os.fork()
        if child:
            os.close(tells)
            with os.fdopen(told, encoding="utf-8") as killer:
                if test := killer.read():
                    self._killed[test] = 1 + max(self._killed.values(), default=0)
            _, status = os.waitpid(child, 0)
            return "" if status else "survived"
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))  # an endless loop is noticed too
        trampoline.set_mutant_under_test(mutant)
        killing = next((item.nodeid for item in items if not self._passes(session, item)), "")
        os.write(tells, killing.encode())
        os._exit(bool(killing))

    def _passes(self, session: pytest.Session, item: pytest.Item) -> bool:
        # What comes next shares the session with it, and no module: what was set up for the session stays.
        reports = runtestprotocol(item, log=False, nextitem=session)  # type: ignore[arg-type]
        self.failure = next((f"{item.nodeid}\n{report.longrepr}" for report in reports if report.failed), "")
        return not self.failure


def only_what_decides() -> None:
    """Leaves sentences as they are."""
    change = mutators.operator_string

    def words(node: Any) -> Iterable[Any]:
        return () if isinstance(node, libcst.SimpleString) and " " in node.value else change(node)

    mutators.mutation_operators[:] = [
        (kind, words if made is change else made) for kind, made in mutators.mutation_operators
    ]


def told(names: dict[str, list[str]], outcomes: dict[str, str]) -> Iterator[str]:
    """A line for each module, and one for each mutant that lives."""
    rows = yaml.safe_load(EXPLAINED.read_text(encoding="utf-8"))
    reasons = {key(row["where"], row["was"], row["is"]): row["why"] for row in rows}
    for module, mutants in names.items():
        found = [lives(module, name, outcomes[name], reasons) for name in mutants if outcomes[name]]
        open_ = [line for line in found if line.startswith("LIVES")]
        yield f"{module}: {len(mutants)} mutants, {len(found)} live, {len(found) - len(open_)} of them explained"
        yield from open_


def lives(module: str, name: str, outcome: str, reasons: dict[Key, str]) -> str:
    was, now = changed(get_diff_for_mutant(name, path=module))
    function = name.rpartition(".")[2].partition("__mutmut_")[0]
    where = f"{module} {function.removeprefix('x_').removeprefix('xǁ').replace('ǁ', '.')}"
    why = reasons.get(key(where, was, now))
    return f"explained {where}: {why}" if why else f"LIVES ({outcome}) {where}\n    - {was}\n    + {now}"


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
