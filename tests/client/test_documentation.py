"""The documentation of the client says what the client does: flags, exit codes, formats, pipelines."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import pytest
from assay_client import cli, config, outcomes, revocations, statement, summary, verify_log
from assay_client.log import check, policy

from tests.client import make_vectors

ROOT = Path(__file__).resolve().parents[2]
CLI = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
SIGNED = (ROOT / "docs" / "reference" / "signed-verdicts.md").read_text(encoding="utf-8")
README = (ROOT / "client" / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "how-to" / "block-a-deployment-in-ci.md").read_text(encoding="utf-8")
PIPELINES = sorted((ROOT / "deploy" / "ci").glob("*.yml"))


def commands() -> dict[str, argparse.ArgumentParser]:
    return nested(cli.parser())


def nested(parser: argparse.ArgumentParser, before: str = "") -> dict[str, argparse.ArgumentParser]:
    """The commands below a parser, by what has to be typed."""
    found = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return {
        name: command
        for action in found
        for word, below in action.choices.items()
        for name, command in (nested(below, f"{before}{word} ") or {f"{before}{word}": below}).items()
    }


@pytest.mark.parametrize("name", commands())
def test_every_flag_is_documented(name: str) -> None:
    settings, section = CLI.split("## Exit codes")[0], CLI.split(f"## `assay {name}`")[1].split("\n## ")[0]
    flags = {flag for action in commands()[name]._actions for flag in action.option_strings}
    text = settings + section if "--url" in flags else section
    documented = set(re.findall(r"^\| `(--[a-z0-9-]+)`", text, re.MULTILINE))
    assert documented == flags - {"-h", "--help"}


def test_every_exit_code_is_documented() -> None:
    table = {int(code): text for code, text in re.findall(r"^\| (\d) \| (.+) \|$", CLI, re.MULTILINE)}
    assert {code: text.replace("`", "") for code, text in table.items()} == outcomes.MEANINGS
    for code in outcomes.MEANINGS:
        assert f"\n| {code} | " in README


def test_every_variable_is_documented() -> None:
    for variable in config.VARIABLES:
        assert f"`{variable}`" in CLI
        assert f"`{variable}`" in README


def test_the_statement_in_the_readme_is_the_signed_one() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    assert json.loads(block) == make_vectors.document()["statement_of_the_right_case"]


def test_every_field_that_is_compared_is_documented() -> None:
    documented = dict(re.findall(r'\["(urn:[^"]+)"\]` \| [^|]+ \| `(\w+)`', SIGNED))
    assert documented == statement.EXTENSIONS
    for text in (statement.STATEMENT_TYPE, statement.PREDICATE_TYPE):
        assert text in SIGNED


def blocks() -> list[Any]:
    """The pipelines of the guide and of deploy/ci, parsed."""
    yaml = pytest.importorskip("yaml", reason="without pyyaml the pipelines are NOT TESTED")
    texts = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    return [yaml.safe_load(text) for text in texts + [path.read_text(encoding="utf-8") for path in PIPELINES]]


def lines(job: dict[str, Any]) -> list[str]:
    """What a job runs, in order."""
    return [*job.get("script", []), *(step["run"] for step in job.get("steps", []) if "run" in step)]


def test_in_every_pipeline_the_gate_stands_before_the_deployment_in_the_same_job() -> None:
    found = 0
    for document in blocks():
        for job in (document.get("jobs") or document).values():
            ran = lines(job) if isinstance(job, dict) else []
            deploys = [i for i, line in enumerate(ran) if "deploy-model" in line]
            gates = [i for i, line in enumerate(ran) if line in GATES]
            assert len(deploys) == len(gates)
            assert not gates or max(gates) < min(deploys)
            found += len(gates)
    assert found == 4


GATES = {
    "assay gate --artifact model.json --environment production",
    "assay gate --oidc my-organisation --artifact model.json --environment production",
}


def test_no_pipeline_ignores_an_exit_code() -> None:
    text = json.dumps(blocks())
    assert not re.search(r"continue-on-error|always|\|\||allow_failure\W+true", text)


def test_every_link_leads_somewhere() -> None:
    pages = ["client/README.md", "docs/reference/cli.md", "docs/reference/signed-verdicts.md"]
    pages += ["docs/reference/log-export.md", "docs/how-to/verify-the-log.md"]
    for page in [*pages, "docs/how-to/block-a-deployment-in-ci.md"]:
        folder = (ROOT / page).parent
        for link in re.findall(r"\]\((?!https:)([^)#:]+)", (ROOT / page).read_text(encoding="utf-8")):
            assert (folder / link).exists(), f"{page}: {link}"


def test_every_command_line_in_the_guide_is_one() -> None:
    text = re.sub(r"\\\n\s*", "", GUIDE)
    text = re.sub(r'"sha256:\$\([^"]*"', "sha256:x", text)
    found = re.findall(r"^ *(?:- |run: )?assay ((?:gate|audit|register|status)[^\n;>|]*)", text, re.MULTILINE)
    assert len(found) == 8
    for line in found:
        assert cli.parser().parse_args(line.split()).run is not None


EXPORT = (ROOT / "docs" / "reference" / "log-export.md").read_text(encoding="utf-8")


def test_every_word_about_a_broken_log_is_documented() -> None:
    section = EXPORT.split("| word |")[1].split("\n\n")[0]
    assert tuple(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)) == check.WORDS
    assert set(verify_log.MEANS) == set(check.WORDS)


def test_every_field_of_a_log_policy_is_documented() -> None:
    (example,) = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", EXPORT, re.DOTALL))
    assert set(example) == policy.FIELDS
    assert {name for key in example["keys"] for name in key} == policy.KEY_FIELDS
    assert {name for witness in example["witnesses"] for name in witness} == policy.WITNESS_FIELDS


def test_every_field_of_a_verdict_policy_and_of_revocations_is_documented() -> None:
    door, revoked = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", SIGNED, re.DOTALL))
    assert summary.parse_policy(json.dumps(door).encode()).levels == ("ASSAY_ALLOW",)
    assert set(revoked) == revocations.FIELDS
    assert set(revoked["revoked"][0]) == revocations.ENTRY_FIELDS
