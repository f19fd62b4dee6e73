"""The command line audits a file, writes OUT whatever happens, and never answers bad input with a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from audits.engine.files import audit_file, write_outcome
from audits.engine.summary import summary
from tests.audits.engine.predictions import MAPPING, document, predictions

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return predictions(tmp_path / "data.csv", F=(100, 50, 50, 300), M=(300, 200, 100, 400))


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    return document(tmp_path / "mapping.json", MAPPING)


def run(*arguments: Any, **environment: str) -> subprocess.CompletedProcess[str]:
    """The real command in an empty environment: no database, no server, no settings of ours."""
    return subprocess.run(
        [sys.executable, "manage.py", "audit_file", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], **environment}, timeout=300, check=False, encoding="utf-8",
    )  # fmt: skip


def test_it_works(data: Path, mapping: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    ran = run(data, "--mapping", mapping, "--out", out, "--seed", 7)
    assert (ran.returncode, ran.stderr) == (0, "")
    told = json.loads(out.read_text(encoding="utf-8"))
    assert told["refused"] is None
    assert told["seed"] == 7
    assert told["measurements"]
    assert {check["verdict"] for check in told["checks"]} == {"passed", "failed", "insufficient"}
    assert "data.csv: 1,500 rows read, 1,500 used." in ran.stdout
    assert "● passed" in ran.stdout
    assert "■ failed" in ran.stdout
    assert "▲ not enough evidence" in ran.stdout
    assert oct(out.stat().st_mode & 0o777) == oct(0o666 & ~_umask())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_refused_file_exits_2_and_still_writes_why(mapping: Path, tmp_path: Path) -> None:
    empty, out = tmp_path / "empty.csv", tmp_path / "out.json"
    empty.write_bytes(b"")
    ran = run(empty, "--mapping", mapping, "--out", out, "--seed", "1")
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr
    assert "✕ refused" in ran.stdout
    told = json.loads(out.read_text(encoding="utf-8"))
    assert told["refused"]["code"]
    assert told["refused"]["message"]
    assert (told["measurements"], told["checks"], told["seed"]) == ([], [], 1)


def test_a_terminal_without_shapes_does_not_stop_it(data: Path, mapping: Path, tmp_path: Path) -> None:
    ran = run(data, "--mapping", mapping, "--out", tmp_path / "out.json", PYTHONIOENCODING="ascii")
    assert ran.returncode == 0
    assert "? passed" in ran.stdout


def test_a_name_of_bytes_that_are_no_text_is_refused(mapping: Path, tmp_path: Path) -> None:
    odd = os.fsdecode(bytes(tmp_path) + b"/\xff.csv")
    Path(odd).write_text("sex,label,prediction\nF,1,1\nM,0,0\n")
    ran = run(odd, "--mapping", mapping, "--out", tmp_path / "out.json")
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr
    told = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert told["refused"]["code"] == "file.name"
    assert told["inputs"]["data"]["name"] == "\\udcff.csv"


def test_a_group_cannot_command_the_terminal(mapping: Path, tmp_path: Path) -> None:
    rows = [(sex, number % 2, number // 2 % 2) for number in range(80) for sex in ("\x1b[2J\u202egone", "M")]
    path = predictions(tmp_path / "d.csv", rows=rows)
    told = summary(audit_file(path, mapping))
    assert "\\x1b[2J\\u202egone" in told
    assert "\x1b" not in told


def test_an_out_that_cannot_be_written_exits_2_with_a_sentence(
    data: Path, mapping: Path, tmp_path: Path
) -> None:
    ran = run(data, "--mapping", mapping, "--out", tmp_path / "missing" / "out.json")
    assert ran.returncode == 2
    assert "cannot be written" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("seed", ["-1", "x", "1.5", str(2**63), "²"])
def test_a_seed_is_a_whole_number(seed: str, data: Path, mapping: Path, tmp_path: Path) -> None:
    with pytest.raises((SystemExit, Exception), match="seed"):
        call_command(
            "audit_file", str(data), "--mapping", str(mapping), "--out", str(tmp_path / "o"), "--seed", seed
        )


BAD_DOCUMENTS = {
    "not JSON": (b"{", "mapping.json"),
    "empty": (b"", "mapping.json"),
    "not UTF-8": (b'{"task": "\xff"}', "mapping.json"),
    "NaN": (b'{"threshold": NaN}', "mapping.json"),
    "a key twice": (b'{"task": "binary", "task": "regression"}', "mapping.json"),
    "too deep": (b"[" * 200_000, "mapping.json"),
    "a long number": (b'{"threshold": ' + b"9" * 10_000 + b"}", "mapping.json"),
    "too large": (b" " * 1_100_000, "mapping.too_large"),
    "a list": (b"[]", "mapping.not_an_object"),
    "a text": (b'"x"', "mapping.not_an_object"),
    "null": (b"null", "mapping.not_an_object"),
    "an unknown key": (b'{"tsk": "binary"}', "mapping.unknown_key"),
    "an unknown task": (b'{"task": "magic"}', "mapping.task"),
    "wrong types": (b'{"task": 3, "sensitive": "sex", "label": []}', "mapping.task"),
}


@pytest.mark.parametrize("what", BAD_DOCUMENTS)
def test_a_mapping_that_is_no_mapping_is_refused(what: str, data: Path, tmp_path: Path) -> None:
    content, code = BAD_DOCUMENTS[what]
    path = tmp_path / "mapping.json"
    path.write_bytes(content)
    outcome = audit_file(data, path)
    assert outcome.refused is not None
    assert outcome.refused.code == code
    assert len(outcome.refused.message) < 500
    json.dumps(outcome.as_dict(), allow_nan=False)


def test_a_mapping_with_a_byte_order_mark_is_read(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "mapping.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(MAPPING).encode())
    assert audit_file(data, path).refused is None


def test_a_json_mistake_is_told_with_its_line(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "mapping.json"
    path.write_text('{"task": "binary",\n "label" "label"}')
    refused = audit_file(data, path).refused
    assert refused is not None
    assert refused.line == 2
    assert "line 2" in refused.message


def test_files_that_cannot_be_read_are_refused(data: Path, mapping: Path, tmp_path: Path) -> None:
    folder, missing = tmp_path / "folder", tmp_path / "missing"
    folder.mkdir()
    for case in (
        audit_file(missing, mapping), audit_file(folder, mapping), audit_file(data, missing), audit_file(data, folder),
        audit_file(data, mapping, checks=missing), audit_file(data, mapping, model=missing),
        audit_file(data, mapping, model=folder), audit_file(data, Path("a\0b")),
    ):  # fmt: skip
        assert case.refused is not None
        assert case.refused.message
        assert summary(case).startswith("✕ refused")


def test_checks_come_from_a_file(data: Path, mapping: Path, tmp_path: Path) -> None:
    checks = document(tmp_path / "checks.json", [
        {"name": "a", "metric": "tpr", "slice": {}, "comparison": ">", "threshold": 0.1}
    ])  # fmt: skip
    assert [result.check.name for result in audit_file(data, mapping, checks=checks).checks] == ["a"]
    wrong = document(tmp_path / "wrong.json", [{"metric": "tpr"}])
    refused = audit_file(data, mapping, checks=wrong).refused
    assert refused is not None
    assert refused.code == "checks.invalid"


def test_a_crash_while_writing_leaves_the_old_outcome(
    data: Path, mapping: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.json"
    out.write_text("old")
    outcome = audit_file(data, mapping)

    def broken(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="No space"):
        write_outcome(outcome, out)
    assert out.read_text() == "old"
    assert list(tmp_path.glob(".out.json.*")) == []
