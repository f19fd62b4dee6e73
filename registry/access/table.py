"""Roles and their permissions, as a table an auditor can read. Pure."""

from typing import Final

from registry.stages import Role

PERMISSIONS: Final[dict[str, str]] = {
    "view": "See systems, evidence and decisions",
    "register": "Register systems, datasets and model versions, and upload artifacts",
    "document": "Add documents",
    "run_audit": "Start audit runs",
    "request_approval": "Ask for approval and for a move to the next stage",
    "vote": "Vote on approval requests in a role one holds",
    "generate_report": "Generate reports",
    "publish_policy": "Publish policies",
    "ask_gate": "Ask the gate for a decision",
    "view_log": "Read the log",
    "manage_people": "Grant and revoke roles, issue and revoke tokens",
    "classify": "Answer the risk questionnaire of a system",
    "confirm_classification": "Confirm a classification that lowers a system's risk tier",
    "lock_schema": "Lock the columns of a dataset",
    "raise_issue": "Raise a finding or an incident",
    "close_issue": "Close a finding or an incident",
    "break_glass": "Ask for or confirm an emergency release",
    "view_reads": "See who has read which record",
    "operate_log": "Replace the key of the log, and open a stopped log again",
}

# All that is left to a person who has shown no second factor where one is asked for; a change needs it always.
WITHOUT_SECOND_FACTOR: Final = frozenset({"view"})

ROLE_PERMISSIONS: Final[dict[Role, frozenset[str]]] = {
    Role.OWNER: frozenset(
        {
            "view",
            "register",
            "document",
            "request_approval",
            "generate_report",
            "view_log",
            "ask_gate",
            "manage_people",
            "classify",
            "raise_issue",
            "break_glass",
        }
    ),
    Role.DEVELOPER: frozenset(
        {
            "view",
            "register",
            "document",
            "run_audit",
            "request_approval",
            "generate_report",
            "view_log",
            "ask_gate",
            "classify",
            "raise_issue",
        }
    ),
    Role.DATA_STEWARD: frozenset({"view", "register", "document", "view_log", "lock_schema", "raise_issue"}),
    Role.VALIDATOR: frozenset(
        {
            "view",
            "document",
            "run_audit",
            "vote",
            "generate_report",
            "view_log",
            "ask_gate",
            "raise_issue",
            "close_issue",
        }
    ),
    Role.REVIEWER: frozenset(
        {
            "view",
            "document",
            "vote",
            "view_log",
            "ask_gate",
            "confirm_classification",
            "raise_issue",
            "close_issue",
        }
    ),
    Role.COMPLIANCE_OFFICER: frozenset(
        {
            "view",
            "document",
            "vote",
            "generate_report",
            "publish_policy",
            "view_log",
            "ask_gate",
            "classify",
            "confirm_classification",
            "raise_issue",
            "close_issue",
            "break_glass",
            "operate_log",
            "view_reads",
        }
    ),
    Role.APPROVER: frozenset({"view", "vote", "view_log", "ask_gate", "raise_issue", "break_glass"}),
    Role.AUDITOR: frozenset({"view", "view_log", "view_reads", "raise_issue"}),
    Role.OPERATOR: frozenset(
        {"view", "request_approval", "ask_gate", "view_log", "raise_issue", "break_glass", "operate_log"}
    ),
    Role.CI: frozenset({"view", "register", "run_audit", "ask_gate"}),
}


def permissions_of(roles: set[Role]) -> frozenset[str]:
    """Everything that the roles together may do."""
    return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles)) if roles else frozenset()
