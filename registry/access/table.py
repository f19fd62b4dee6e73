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
}

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
        }
    ),
    Role.DATA_STEWARD: frozenset({"view", "register", "document", "view_log"}),
    Role.VALIDATOR: frozenset(
        {"view", "document", "run_audit", "vote", "generate_report", "view_log", "ask_gate"}
    ),
    Role.REVIEWER: frozenset({"view", "document", "vote", "view_log", "ask_gate"}),
    Role.COMPLIANCE_OFFICER: frozenset(
        {"view", "document", "vote", "generate_report", "publish_policy", "view_log", "ask_gate"}
    ),
    Role.APPROVER: frozenset({"view", "vote", "view_log", "ask_gate"}),
    Role.AUDITOR: frozenset({"view", "view_log"}),
    Role.OPERATOR: frozenset({"view", "request_approval", "ask_gate", "view_log"}),
    Role.CI: frozenset({"view", "register", "run_audit", "ask_gate"}),
}


def permissions_of(roles: set[Role]) -> frozenset[str]:
    """Everything that the roles together may do."""
    return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles)) if roles else frozenset()
