"""Which tests judge which modules. A database takes its time, so what needs one is judged by few tests, chosen well."""

from typing import Final


def _gates(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/governance/gates/test_{name}.py" for name in names)


def _services(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/governance/test_{name}.py" for name in names)


# fmt: off
VOTING: Final = _gates(
    "decide", "gate_lines", "votes", "approvals", "approval_lines", "subject", "lineage", "plan", "properties",
    "replay",
)
WAIVING: Final = _gates(
    "waiving", "waiver_rules", "emergency", "emergency_lines", "budget", "plan", "plan_exceptional", "decide",
    "gate_lines", "replay",
)
# fmt: on
DEMANDS: Final = "governance/gates/requirements"
EVIDENCE: Final = _gates("evidence", "evidence_lines", "measured_lines", "assurance", "documents")
BALLOTS: Final = _services("ballots", "approvals_told", "approvals", "voting", "hostile_approvals")
TESTS: Final[dict[str, tuple[str, ...]]] = {
    "governance/lifecycle.py": ("tests/governance/test_lifecycle.py", *VOTING),
    "governance/gates/decide.py": VOTING,
    "governance/gates/votes.py": VOTING,
    "governance/gates/voted.py": VOTING,
    "governance/gates/lineage.py": VOTING,
    "governance/gates/outcome.py": VOTING,
    "governance/gates/subject.py": VOTING,
    "governance/gates/staffing.py": _gates("enough_people", "lineage", "approvals", "votes"),
    "governance/gates/deviations.py": _gates("deviations", "assurance"),
    "governance/gates/champions.py": _gates("champion"),
    "governance/gates/requirements/approval_lines.py": VOTING,
    "governance/gates/requirements/approvals.py": VOTING,
    "governance/gates/waiving.py": WAIVING,
    "governance/gates/budget.py": WAIVING,
    "governance/gates/emergency.py": WAIVING,
    "governance/gates/live.py": WAIVING,
    "governance/gates/exceptional.py": WAIVING,
    "governance/gates/plan.py": WAIVING,
    f"{DEMANDS}/base.py": _gates("demands", "documents", "recorded", "reviewed"),
    f"{DEMANDS}/__init__.py": _gates("policy_text"),
    f"{DEMANDS}/checks.py": EVIDENCE,
    f"{DEMANDS}/documents.py": _gates("documents", "data"),
    f"{DEMANDS}/measured.py": EVIDENCE,
    f"{DEMANDS}/quality.py": _gates("data", "data_lines"),
    f"{DEMANDS}/classified.py": _gates("classified"),
    f"{DEMANDS}/covered.py": _gates("covered", "covered_lines"),
    f"{DEMANDS}/features.py": _gates("data", "data_lines", "feature_lines"),
    f"{DEMANDS}/conditions.py": _gates("votes", "conditions"),
    f"{DEMANDS}/reported.py": _gates("report"),
    f"{DEMANDS}/recorded.py": _gates("recorded"),
    f"{DEMANDS}/reviewed.py": _gates("reviewed"),
    f"{DEMANDS}/issues.py": _gates("issues"),
    f"{DEMANDS}/champion.py": _gates("champion"),
    "governance/services/transitions.py": _services("transitions_told", "transitions", "every_step"),
    "governance/services/approvals.py": BALLOTS,
    "governance/services/ballots.py": BALLOTS,
    "governance/services/delegations.py": _services("lending"),
    "governance/services/waivers.py": _services("waivers_told", "waivers"),
}
