"""The framework files: whole, in one vocabulary, and honest about what they are."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from governance.frameworks import FILES, catalogue
from governance.frameworks.catalogue import Broken, framework, vocabulary
from registry.stages import DOCUMENT_KINDS

ROOT = Path(__file__).resolve().parents[3]
SHARED = {"_vocabulary.yaml", "crosswalk.yaml", "index.yaml"}


@pytest.mark.parametrize("identifier", FILES)
def test_it_reads_every_framework(identifier: str) -> None:
    found = framework(identifier)
    assert found.obligations
    assert found.digest.startswith("sha256:")
    assert found.version
    assert date(2026, 1, 1) < found.checked_on < date(2030, 1, 1)
    assert "Not legal advice" in found.disclaimer


def test_it_leaves_no_file_out() -> None:
    assert {path.name for path in catalogue.FOLDER.glob("*.yaml")} == set(FILES.values()) | SHARED


def test_the_index_counts_what_is_there() -> None:
    data, _ = catalogue._load("index.yaml")
    counted = {row["id"]: row["items"] for row in data["frameworks"]}
    # The twelve risks of the Generative AI Profile are listed in the index and are no obligations by themselves.
    counted["nist-ai-rmf-1.0"] -= 12
    assert counted == {name: len(framework(name).obligations) for name in FILES}


def test_an_identifier_means_one_obligation_in_all_of_them() -> None:
    names = [one.id for name in FILES for one in framework(name).obligations]
    assert len(names) == len(set(names))


def test_an_unknown_day_stays_unknown() -> None:
    gdpr = framework("gdpr").obligations
    assert all(one.starts == () for one in gdpr)


def test_a_day_for_each_route_is_kept() -> None:
    one = framework("eu-ai-act").obligation("eu-ai-act:art-9.1")
    assert one is not None
    assert dict(one.starts) == {"annex_iii": date(2027, 12, 2), "annex_i": date(2028, 8, 2)}


def test_the_digest_of_an_obligation_follows_its_text() -> None:
    first, second = framework("gdpr").obligations[:2]
    assert first.digest != second.digest
    assert first.digest == first.digest


def test_the_files_travel_with_the_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["setuptools"]["package-data"]["governance.frameworks"] == ["*.yaml"]


# What Assay shows by itself; nobody writes it.
SHOWN = {
    "approval_record", "bias_audit", "change_log", "data_lineage", "explainability_report", "inventory_entry",
    "performance_evaluation", "training_run_record", "validation_report",
}  # fmt: skip


def test_all_other_evidence_can_be_written_as_a_document_of_that_name() -> None:
    names = vocabulary().evidence
    assert set(names) - SHOWN <= set(DOCUMENT_KINDS)
    told = {kind: names[kind].removesuffix(" + snapshot hash") for kind in names if kind in DOCUMENT_KINDS}
    assert told == {kind: DOCUMENT_KINDS[kind] for kind in told}


GOOD: dict[str, Any] = {
    "id": "x:1",
    "ref": "1",
    "title": "One",
    "paraphrase": "Do it.",
    "lifecycle_stage": ["intake"],
    "evidence": ["dpia"],
    "automation": {"level": "presence"},
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": ""}, "title is missing"),
        ({"evidence": ["a_good_feeling"]}, "a_good_feeling"),
        ({"lifecycle_stage": ["later"]}, "later"),
        ({"automation": {"level": "magic"}}, "magic"),
        ({"applies_from": "soon"}, "not a day"),
        ({"applies_when": {"weather": "fine"}}, "weather"),
        ({"applies_when": {"role": ["king"]}}, "king"),
        ({"evidence": []}, "no evidence"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(change: dict[str, Any], words: str) -> None:
    assert catalogue._obligation("x.yaml", GOOD).id == "x:1"
    with pytest.raises(Broken, match=words) as refused:
        catalogue._obligation("x.yaml", {**GOOD, **change})
    assert "x.yaml, x:1" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [("a: [", "not YAML"), ("- 1", "no `meta`"), ("meta: {id: other}", "calls itself 'other'")],
)
def test_a_file_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    with pytest.raises(Broken, match=words):
        catalogue._framework("x", "x.yaml")
