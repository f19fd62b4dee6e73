"""The policies that Assay comes with: every gate has its section, and each tier asks for what its risk demands."""

from pathlib import Path

import pytest

import governance
from governance import lifecycle
from governance.gates.policy import Policy, Section, parse
from governance.gates.requirements.approvals import Approvals
from registry.stages import RiskTier

FOLDER = Path(governance.__file__).parent / "policies"
OPEN_TIERS = [tier for tier in RiskTier if tier != RiskTier.UNACCEPTABLE]
GATED = [row for row in lifecycle.TRANSITIONS if row.gate]
# What a high-risk system's gates ask for, by the name of the demand.
HIGH = {
    "G1": {"documents", "classification", "approvals"},
    "G2": {"documents", "datasets", "data_quality", "schema_locked"},
    "G3": {"documents", "features_documented", "proxy_review"},
    "G4": {"documents", "training_record"},
    "G5": {"evidence", "checks", "approvals"},
    "G6": {
        "documents",
        "classification",
        "training_record",
        "evidence",
        "checks",
        "champion",
        "issues",
        "conditions",
        "ledger",
        "report",
        "approvals",
    },
    "G7": {"classification", "evidence", "issues", "conditions", "approvals"},
}


def policy(tier: str) -> Policy:
    return parse((FOLDER / f"{tier}.yaml").read_text(encoding="utf-8"))


def section(tier: str, row: lifecycle.Transition) -> Section:
    found = policy(tier).section(row.subject, row.from_stage, row.to_stage)
    assert found is not None, f"{tier}: nothing is said about {row.name}"
    return found


@pytest.mark.parametrize("row", GATED, ids=lambda row: f"{row.gate} {row.name}")
@pytest.mark.parametrize("tier", OPEN_TIERS)
def test_every_gate_of_every_tier_asks_for_something(tier: RiskTier, row: lifecycle.Transition) -> None:
    assert section(tier, row).requirements


@pytest.mark.parametrize("row", GATED, ids=lambda row: f"{row.gate} {row.name}")
def test_a_high_risk_gate_asks_for_what_it_is_for(row: lifecycle.Transition) -> None:
    asked = {demand.name for demand in section(RiskTier.HIGH, row).requirements}
    assert row.gate is not None
    assert asked >= HIGH[row.gate]


@pytest.mark.parametrize("tier", OPEN_TIERS)
def test_nobody_judges_what_they_made_or_asked_for(tier: RiskTier) -> None:
    for row in GATED:
        for demand in section(tier, row).requirements:
            if isinstance(demand, Approvals):
                made = "version_author" if row.subject == lifecycle.MODEL_VERSION else "system_owner"
                assert {made, "requester"} <= set(demand.exclude), (tier, row.name)


@pytest.mark.parametrize("tier", OPEN_TIERS)
def test_production_is_looked_at_again(tier: RiskTier) -> None:
    assert policy(tier).part("review").every_days <= 365


def test_what_is_unacceptable_goes_nowhere() -> None:
    assert policy(RiskTier.UNACCEPTABLE).prohibited
    assert not policy(RiskTier.UNACCEPTABLE).sections
