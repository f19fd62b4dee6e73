"""Whatever runs in the child, it ends, its reason is kept, nothing of it stays, and the next job works."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audits.sandbox import launch
from audits.sandbox.errors import SandboxFailed
from audits.sandbox.limits import MIB, SandboxLimits
from audits.sandbox.results import Confinement

WORKER = Path(__file__).with_name("hostile_worker.py")
TIGHT = SandboxLimits(wall_seconds=20, cpu_seconds=30, memory_bytes=1024 * MIB, disk_bytes=20 * MIB)


class Attack:
    """One hostile job and what it left behind."""

    def __init__(self) -> None:
        self.pid = 0
        self.steps: list[tuple[str, float]] = []

    def __call__(self, step: str, fraction: float) -> None:
        self.steps.append((step, fraction))
        if step.startswith("pid "):
            self.pid = int(step.removeprefix("pid "))

    def run(self, name: str, limits: SandboxLimits = TIGHT, **arguments: Any) -> dict[str, Any]:
        return self.confined(name, limits, **arguments)[0]

    def confined(
        self, name: str, limits: SandboxLimits = TIGHT, **arguments: Any
    ) -> tuple[dict[str, Any], Confinement]:
        return launch.run(launch.Job(WORKER, {"attack": name, **arguments}), limits, self)

    def fails(self, name: str, limits: SandboxLimits = TIGHT, **arguments: Any) -> SandboxFailed:
        with pytest.raises(SandboxFailed) as caught:
            self.run(name, limits, **arguments)
        return caught.value


@pytest.fixture
def attack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attack]:
    """An attack, after which the child is gone, its folder is gone and a control job succeeds."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    scratch.chmod(0o711)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    made = Attack()
    yield made
    assert made.pid > 0
    with pytest.raises(ProcessLookupError):
        os.kill(made.pid, 0)
    assert list(scratch.iterdir()) == []
    assert Attack().run("control", numbers=[1, 2, 3]) == {"sum": 6}


def test_an_honest_job_answers(attack: Attack) -> None:
    assert attack.run("control", numbers=[20, 22]) == {"sum": 42}


def test_a_sleeper_that_ignores_every_request_is_ended_at_the_wall_clock(attack: Attack) -> None:
    started = time.monotonic()
    caught = attack.fails("sleep", SandboxLimits(wall_seconds=1.5))
    assert caught.code == "sandbox.time"
    assert "ended after 1.5 seconds" in caught.message
    assert time.monotonic() - started < 10


def test_endless_computing_is_ended_at_its_seconds(attack: Attack) -> None:
    caught = attack.fails("spin", SandboxLimits(wall_seconds=60, cpu_seconds=1))
    assert (caught.code, "1 seconds of computing" in caught.message) == ("sandbox.cpu", True)


def test_a_fork_bomb_has_no_children(attack: Attack) -> None:
    answer, confinement = attack.confined("fork bomb")
    assert answer["born"] == 0 if confinement.processes else answer["born"] <= TIGHT.processes


def test_threads_are_counted_when_the_user_can_be(attack: Attack) -> None:
    answer, walls = attack.confined("thread bomb")
    if os.geteuid() == 0 and walls.privileges:
        assert answer["started"] < TIGHT.processes
    else:
        # Without a user of its own the kernel would count the worker's whole user: memory is the bound.
        assert answer["started"] < 100_000


def test_64_gigabytes_are_not_given(attack: Attack) -> None:
    caught = attack.fails("memory")
    assert (caught.code, "1024 MiB" in caught.message) == ("sandbox.memory", True)


@pytest.mark.parametrize("name", ["one large file", "many files", "empty files"])
def test_the_disk_is_not_filled(attack: Attack, name: str) -> None:
    caught = attack.fails(name)
    assert (caught.code, "20 MiB" in caught.message) == ("sandbox.disk", True)


@pytest.mark.parametrize("name", ["print for ever", "progress for ever"])
def test_endless_output_is_cut_off(attack: Attack, name: str) -> None:
    assert attack.fails(name).code == "sandbox.output"


def test_progress_from_the_child_is_not_believed(attack: Attack) -> None:
    _, confinement = attack.confined("misleading progress")
    assert confinement == Attack().confined("control")[1]
    assert [step for step, _ in attack.steps if not step.startswith("pid ")] == []


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGILL"])
def test_a_crash_is_told_by_its_signal(attack: Attack, name: str) -> None:
    caught = attack.fails("crash", signal=name)
    assert (caught.code, f"({name})" in caught.message) == ("sandbox.crash", True)


def test_a_read_of_memory_that_is_not_there_is_a_crash(attack: Attack) -> None:
    assert "(SIGSEGV)" in attack.fails("read at zero").message


def test_an_error_keeps_its_last_line_without_control_characters(attack: Attack) -> None:
    caught = attack.fails("error", message="no such thing\x1b[31m")
    assert caught.code == "sandbox.broke"
    assert caught.message == "The model job ended with an error: RuntimeError: no such thing [31m"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "nothing like JSON",
        '{"result": {"value": NaN}}',
        '{"result": [1]}',
        '{"result": {}, "refused": {}}',
        '{"refused": {"code": 1, "message": "x"}}',
        '{"refused": {"code": "x", "message": "a\\nb"}}',
        "[" * 100_000,
        "\xff\xfe",
        "1" * 5_000,
    ],
)
def test_an_answer_that_is_not_a_result_is_not_believed(attack: Attack, raw: str) -> None:
    assert attack.fails("raw answer", raw=raw).code == "sandbox.answer"


def test_an_endless_answer_is_not_read(attack: Attack) -> None:
    caught = attack.fails("raw answer", SandboxLimits(result_bytes=MIB), raw=" ", times=2 * MIB)
    assert "2097152 bytes, more than 1048576" in caught.message


def test_it_reaches_nothing(attack: Attack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://somebody:secret@localhost/assay")
    secret, outside = tmp_path / "secret", tmp_path / "outside"
    secret.write_text("key")
    with socket.create_server(("127.0.0.1", 0)) as server:
        arguments = {"secret": str(secret), "outside": str(outside), "port": server.getsockname()[1]}
        answer, walls = attack.confined("escape", **arguments)
    planted = WORKER.with_name("planted.py")
    if not (walls.isolated and walls.processes):
        planted.unlink(missing_ok=True)
        pytest.skip(f"this machine does not allow every wall: {walls}")
    assert {name: outcome for name, outcome in answer["found"].items() if outcome.startswith("done")} == {}
    assert not outside.exists()
    assert not planted.exists()
    assert answer["environment"] == ["HOME", "LC_ALL", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TMPDIR"]
    # Standard streams, the answer and the progress: nothing the parent had open besides.
    assert len(answer["descriptors"]) == 5


def test_it_can_insist_on_isolation(attack: Attack) -> None:
    _, walls = attack.confined("control")
    strict = SandboxLimits(require_isolation=True)
    if walls.isolated:
        assert attack.confined("control", strict)[1] == walls
    else:
        assert attack.fails("control", strict).code == "sandbox.isolation"


def test_the_child_dies_with_a_killed_parent(attack: Attack, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from audits.sandbox import launch; "
        "from audits.sandbox.limits import SandboxLimits; "
        "launch.run(launch.Job(Path(sys.argv[1]), {'attack': 'sleep'}), SandboxLimits(), "
        "lambda step, _: print(step, flush=True))"
    )
    root = Path(__file__).parents[3]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(WORKER)], cwd=root, stdout=subprocess.PIPE, env=environment
    )
    with parent:
        assert parent.stdout is not None
        attack(parent.stdout.readline().decode().strip(), 0.0)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{attack.pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
