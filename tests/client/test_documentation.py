"""The documentation of the client says what the client does: flags, exit codes, formats, pipelines."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import pytest
from assay_client import cli, config, outcomes, statement

from tests.client import make_vectors

ROOT = Path(__file__).resolve().parents[2]
CLI = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
SIGNED = (ROOT / "docs" / "reference" / "signed-verdicts.md").read_text(encoding="utf-8")
README = (ROOT / "client" / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "how-to" / "block-a-deployment-in-ci.md").read_text(encoding="utf-8")
PIPELINES = sorted((ROOT / "deploy" / "ci").glob("*.yml"))


def commands() -> dict[str, argparse.ArgumentParser]:
    (action,) = (a for a in cli.parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(action.choices)


@pytest.mark.parametrize("name", commands())
def test_every_flag_is_documented(name: str) -> None:
    settings, section = CLI.split("## Exit codes")[0], CLI.split(f"## `assay {name}`")[1].split("\n## ")[0]
    documented = set(re.findall(r"^\| `(--[a-z-]+)`", settings + section, re.MULTILINE))
    flags = {flag for action in commands()[name]._actions for flag in action.option_strings}
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
    for page in [*pages, "docs/how-to/block-a-deployment-in-ci.md"]:
        folder = (ROOT / page).parent
        for link in re.findall(r"\]\(([^)#:]+)", (ROOT / page).read_text(encoding="utf-8")):
            assert (folder / link).exists(), f"{page}: {link}"


def test_every_command_line_in_the_guide_is_one() -> None:
    text = re.sub(r"\\\n\s*", "", GUIDE)
    text = re.sub(r'"sha256:\$\([^"]*"', "sha256:x", text)
    found = re.findall(r"^ *(?:- |run: )?assay ((?:gate|audit|register|status)[^\n;>|]*)", text, re.MULTILINE)
    assert len(found) == 8
    for line in found:
        assert cli.parser().parse_args(line.split()).run is not None
