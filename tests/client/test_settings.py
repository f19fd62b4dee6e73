"""Flags and variables: wrong, empty and missing ones stop the command before anything is asked."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from assay_client import config, keys, outcomes, summary

from tests.client.command import Command
from tests.client.service import FakeService
from tests.client.verdicts import answer, answering, bare, vkey

GARBAGE = [
    "",
    " ",
    "\n",
    "0",
    "false",
    "off",
    "DRY_RUN",
    "allow",
    "${{ secrets.X }}",
    "\x00",
    "\x1b[2J",
    "é",
    "\udcff",
    "x" * 100_000,
]


@pytest.mark.parametrize("value", GARBAGE)
@pytest.mark.parametrize("variable", config.VARIABLES)
def test_garbage_in_a_variable_never_opens_the_gate(assay: Command, variable: str, value: str) -> None:
    if variable == "ASSAY_TOKEN_FILE":
        del assay.environ["ASSAY_TOKEN"]
    ran = assay.gate("--timeout", "2", **{variable: value})
    assert ran.code in (outcomes.BAD_INPUT, outcomes.UNUSABLE)
    assert ran.err.startswith("assay: ")
    assert ran.err.count("\n") == 1


def test_no_other_variable_is_read() -> None:
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for path in Path(inspect.getfile(config)).parent.rglob("*.py")
    }
    named = {name for text in texts.values() for name in re.findall(r"\bASSAY_[A-Z_]+", text)}
    assert named - set(summary.LEVELS.values()) == set(config.VARIABLES)
    assert [name for name, text in texts.items() if re.search(r"os\.environ|getenv", text)] == ["cli.py"]


@pytest.mark.parametrize(
    "variable",
    ["ASSAY_SKIP", "ASSAY_DISABLED", "ASSAY_DRY_RUN", "ASSAY_NO_ASSERT", "ASSAY_INSECURE", "DRY_RUN", "CI"],
)
def test_no_variable_turns_the_gate_off(service: FakeService, assay: Command, variable: str) -> None:
    service.behaviour = answering(lambda question: answer(question, verdict="deny"))
    for value in ("1", "true", "yes"):
        assert assay.gate(**{variable: value}).code == outcomes.DENIED


def test_proxy_variables_are_not_followed(
    service: FakeService, assay: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    service.behaviour = answering(answer)
    assert assay.gate().code == outcomes.ALLOWED


@pytest.mark.parametrize("missing", ["ASSAY_URL", "ASSAY_TOKEN"])
def test_it_says_what_is_missing(assay: Command, missing: str) -> None:
    del assay.environ[missing]
    ran = assay.gate()
    assert ran.code == outcomes.BAD_INPUT
    assert missing in ran.err


def test_a_token_file_as_a_flag_comes_before_the_variable(
    service: FakeService, assay: Command, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("of-the-file\n", encoding="utf-8")
    service.behaviour = answering(answer)
    assert assay.gate("--token-file", str(tmp_path / "token")).code == outcomes.ALLOWED
    assert service.asked[0].headers["Authorization"] == "Bearer of-the-file"


@pytest.mark.parametrize("variable", config.VARIABLES)
def test_an_empty_variable_is_named(assay: Command, variable: str) -> None:
    if variable == "ASSAY_TOKEN_FILE":
        del assay.environ["ASSAY_TOKEN"]
    ran = assay.gate(**{variable: ""})
    assert ran.err == f"assay: {variable} is given but empty. Give it a value, or leave it out altogether.\n"


def test_flags_come_before_variables(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(answer)
    ran = assay.gate("--url", service.url, "--token", "of-the-flag", ASSAY_URL="https://assay.invalid")
    assert ran.code == outcomes.ALLOWED
    assert service.asked[0].headers["Authorization"] == "Bearer of-the-flag"


def test_the_token_may_stand_in_a_file(service: FakeService, assay: Command, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("of-the-file\n", encoding="utf-8")
    service.behaviour = answering(answer)
    del assay.environ["ASSAY_TOKEN"]
    assert assay.gate(ASSAY_TOKEN_FILE=str(tmp_path / "token")).code == outcomes.ALLOWED
    assert service.asked[0].headers["Authorization"] == "Bearer of-the-file"


def test_a_token_and_a_token_file_are_one_too_many(assay: Command, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("of-the-file\n", encoding="utf-8")
    assert assay.gate(ASSAY_TOKEN_FILE=str(tmp_path / "token")).code == outcomes.BAD_INPUT


@pytest.mark.parametrize("token", ["two words", "line\r\nX-Injected: 1", "tøken"])
def test_a_token_that_could_change_the_request_is_refused(
    service: FakeService, assay: Command, token: str
) -> None:
    ran = assay.gate(ASSAY_TOKEN=token)
    assert ran.code == outcomes.BAD_INPUT
    assert token not in ran.err
    assert service.asked == []


def test_plain_http_to_another_machine_is_refused(assay: Command) -> None:
    for url in (
        "http://assay.example.org",
        "http://127.0.0.1.example.org",
        "http://10.0.0.1",
        "http://127.1",
    ):
        ran = assay.gate(ASSAY_URL=url)
        assert ran.code == outcomes.BAD_INPUT
        assert "--insecure" in ran.err


def test_plain_http_needs_the_flag(assay: Command) -> None:
    ran = assay.gate("--insecure", "--timeout", "5", ASSAY_URL="http://assay.invalid")
    assert ran.code == outcomes.UNUSABLE


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]"])
def test_plain_http_to_this_machine_is_accepted(host: str) -> None:
    assert config.site(f"http://{host}:8000", insecure=False).shown == f"http://{host}:8000"


def test_an_address_may_have_a_path(service: FakeService, assay: Command) -> None:
    service.behaviour = answering(answer)
    assert assay.gate(ASSAY_URL=f"{service.url}/tools/assay/").code == outcomes.ALLOWED
    assert service.asked[0].path == "/tools/assay/api/v1/gate/decisions"


@pytest.mark.parametrize(
    "url",
    [
        "assay.example.org",
        "//assay.example.org",
        "ftp://assay.example.org",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@assay.example.org",
        "https://assay.example.org?x=1",
        "https://assay.example.org/#x",
        "https://assay.example.org:0",
        "https://assay.example.org:99999",
        "https://assay.example.org:x",
        "https://assay example.org",
        "https://assay.example.org/a b",
        "https://assay.example.org/%0d%0aX:1",
        "https://bücher.example",
        "https://[::1",
    ],
)
def test_a_wrong_address_is_bad_input(assay: Command, url: str) -> None:
    ran = assay.gate(ASSAY_URL=url)
    assert ran.code == outcomes.BAD_INPUT
    assert "secret" not in ran.err


@pytest.mark.parametrize(
    "key",
    [
        "/no/such/file",
        "not-a-key",
        bare()[:-2],
        bare()[:-1] + "A",
        "https://assay.example+00000000+" + vkey().split("+", 2)[2],
        vkey()[:-3],
        vkey() + " and more",
    ],
)
def test_a_wrong_key_is_bad_input_and_not_the_absence_of_one(
    service: FakeService, assay: Command, key: str
) -> None:
    service.behaviour = answering(answer)
    assert assay.gate(ASSAY_VERDICT_KEY=key).code == outcomes.BAD_INPUT
    assert service.asked == []


def test_a_key_file_without_keys_is_bad_input(assay: Command, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("# none yet\n", encoding="utf-8")
    assert assay.gate("--key", str(tmp_path / "key")).code == outcomes.BAD_INPUT


def test_without_cryptography_a_pinned_key_stops_the_command(
    service: FakeService, assay: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "AVAILABLE", False)
    service.behaviour = answering(answer)
    assert assay.gate().code == outcomes.ALLOWED
    ran = assay.gate("--key", bare())
    assert ran.code == outcomes.BAD_INPUT
    assert "cryptography" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["gate"],
        ["no-such-command"],
        ["gate", "--environment", "production"],
        ["gate", "--digest", "sha256:" + "a" * 64],
        ["gate", "--digest", "a" * 64, "--environment", "production"],
        ["gate", "--digest", "sha256:" + "A" * 64, "--environment", "production"],
        ["gate", "--digest", "sha256:" + "a" * 64 + "\n", "--environment", "production"],
        ["gate", "--digest", "", "--environment", "production"],
        ["gate", "--digest", "md5:" + "a" * 32, "--environment", "production"],
        ["gate", "--digest", "sha256:" + "a" * 64, "--environment", ""],
        ["gate", "--digest", "sha256:" + "a" * 64, "--environment", "two words"],
        ["gate", "--digest", "sha256:" + "a" * 64, "--env", "production"],
        ["gate", "--digest", "sha256:" + "a" * 64, "--environment", "production", "--allow"],
        ["gate", "--digest", "sha256:" + "a" * 64, "--environment", "production", "extra"],
        ["gate", "--digest", "sha256:" + "a" * 64, "--environment", "production", "--timeout", "0"],
        ["gate", "--digest", "sha256:" + "a" * 64, "--environment", "production", "--timeout", "-1"],
        ["gate", "--digest", "sha256:" + "a" * 64, "--environment", "production", "--timeout", "nan"],
        ["gate", "--digest", "sha256:" + "a" * 64, "--environment", "production", "--timeout", "inf"],
        ["gate", "--digest", "sha256:" + "a" * 64, "--environment", "production", "--timeout", "soon"],
        ["gate", "--artifact", "/no/such/file", "--environment", "production"],
        ["gate", "--artifact", "/", "--environment", "production"],
        ["gate", "--artifact", "/dev/null", "--environment", "production"],
        ["gate", "--artifact", "a\x00b", "--environment", "production"],
    ],
)
def test_wrong_arguments_are_bad_input(service: FakeService, assay: Command, arguments: list[str]) -> None:
    service.behaviour = answering(answer)
    ran = assay(*arguments)
    assert ran.code == outcomes.BAD_INPUT
    assert ran.err.startswith("assay: ")
    assert service.asked == []


def test_an_empty_artifact_is_bad_input(assay: Command, tmp_path: Path) -> None:
    (tmp_path / "model.json").touch()
    ran = assay("gate", "--artifact", str(tmp_path / "model.json"), "--environment", "production")
    assert ran.code == outcomes.BAD_INPUT


def test_json_is_answered_with_json_even_to_wrong_arguments(assay: Command) -> None:
    ran = assay("gate", "--json", "--digest", "x")
    assert ran.document["exit_code"] == outcomes.BAD_INPUT
    assert ran.document["error"]["code"] == "arguments"
