"""Who takes part in the machine, in which roles, and who of them may ask for approval."""

ROLES = {
    "dev": {"developer"},
    "stew": {"data_steward"},
    "vera": {"validator"},
    "rita": {"reviewer", "compliance_officer"},
    "cora": {"compliance_officer"},
    "adam": {"approver"},
    "aud": {"auditor"},
    "olga": {"owner"},
}
VOTERS = tuple(ROLES)
MAY_ASK = frozenset({"owner", "developer", "operator"})
