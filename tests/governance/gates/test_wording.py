"""A policy in plain words: every demand is told, those without words of their own too."""

from typing import Any

import pytest

from governance.gates import wording
from governance.gates.policy import TOP_LEVEL
from governance.gates.requirements import REQUIREMENTS
from governance.gates.yaml_text import load
from registry.stages import RiskTier
from tests.governance.gates import facts


@pytest.mark.parametrize(
    ("kind", "params", "says"),
    [
        (
            "documents",
            {"kinds": ["model_card", "dpia"], "within_days": 365},
            "Documents: model card, data protection impact assessment, no older than 365 days.",
        ),
        (
            "evidence",
            {"kind": "bias", "level": "measured", "within_days": 180},
            "Evidence: bias, at level measured or better, no older than 180 days.",
        ),
        (
            "checks",
            {
                "all": True,
                "bars": [[{"metric": "mae_ratio", "at_least": 0.8}, {"metric": "x", "at_most": 1}]],
            },
            "Every blocking check of every plan that counts has passed, the plan holds mae ratio ≥ 0.8 or x ≤ 1.",
        ),
        (
            "approvals",
            {"of": [{"role": "validator"}, {"role": "approver", "count": 2}], "exclude": ["requester"]},
            "Approved by 1 × validator, 2 × business approver, by nobody who asked for this approval.",
        ),
        ("report", {"kind": "validation_report"}, "A current report: validation report."),
        ("training_record", {"fields": ["code_commit"]}, "The training record says: code commit."),
        ("something_new", {"at_last": 3, "of": ["a", "b"]}, "Something new, at last: 3, of: a, b."),
    ],
)
def test_it_works(kind: str, params: dict[str, Any], says: str) -> None:
    assert wording.told(kind, params) == says


def test_what_stands_beside_the_steps_is_told_in_sentences() -> None:
    data = {
        "review": {"every_days": 90, "warn_days": 14},
        "reminders": {"after_days": 2, "every_days": 3, "escalate_after_days": 7},
        "waivers": {
            "allowed": ["documents.", "evidence.explainability"],
            "approvers": [["compliance_officer"], ["approver"]],
            "max_days": 30,
            "budget_days": 60,
        },
        "break_glass": {"max_hours": 24, "review_days": 5},
    }
    assert dict(wording.parts(data)) == {
        "Review": "Every 90 days in production; people are told 14 days before.",
        "Reminders": "People are told after 2 days of waiting, again every 3 days, and those above them after 7 days.",
        "Waivers": "Of all documents, evidence: explainability. Approved by a compliance officer; renewed by a business"
        " approver. At most 30 days each, and 60 days a year for each model.",
        "Break glass": "For at most 24 hours; to be reviewed within 5 days.",
    }
    assert set(wording.SENTENCES) == set(TOP_LEVEL)


@pytest.mark.parametrize("tier", RiskTier.values)
def test_every_policy_that_comes_with_assay_is_told_in_full(tier: str) -> None:
    data = load(facts.body(tier))[0]
    steps = wording.steps(data)
    assert [len(step.demands) for step in steps] == [
        len(row["requirements"]) for row in data.get("transitions", ())
    ]
    assert all("_" not in demand and "{" not in demand for step in steps for demand in step.demands)
    assert len(list(wording.parts(data))) == len(set(data) & set(TOP_LEVEL))


def test_every_row_of_words_is_about_something_that_exists() -> None:
    assert set(wording.HEADS) <= set(REQUIREMENTS)
    words = {word for kind in REQUIREMENTS.values() for word in kind.params["properties"]}
    assert set(wording.PHRASES) <= words
