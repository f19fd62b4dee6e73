"""Which permission each route needs: one line for each verb of each route. A route without a line fails the build.

    rule("POST", "/api/v1/things/<uuid:thing_id>/end", "permission", body={"reason": "Over."})

Several permissions mean: any of them. No permission needs a sentence, `why`. The body is one that is valid as far as
its shape goes, so that the answer depends on who asks; a function of the world where it names objects. Parameters of
the address are made by `tests/completeness/world.py`: a new kind of object gets one property there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from governance.services import comparisons
from tests.completeness.world import World
from tests.governance.classification.answering import harmless, sent

Body = dict[str, Any] | bytes | Callable[[World], dict[str, Any]] | None


@dataclass(frozen=True)
class Rule:
    """What one verb of one route asks of whoever calls it."""

    verb: str
    route: str
    needs: tuple[str, ...]
    body: Body
    why: str
    absent: str = ""  # why even who may finds nothing here: the permission is asked for first

    def __str__(self) -> str:
        return f"{self.verb} {self.route}"


def rule(verb: str, route: str, *needs: str, body: Body = None, why: str = "", absent: str = "") -> Rule:
    """One line of the table."""
    return Rule(verb, route, needs, body, why, absent)


OWN = "It lists what the caller may see, and nothing else."
ANSWERS = {"answers": sent(harmless())}
SHEET = {f"q-{key}": row["answer"] for key, row in ANSWERS["answers"].items()}
IDENTITY = {
    "organisation": "acme",
    "account": "acme-bystander",
    "name": "deploy",
    "issuer": "https://gitlab.com",
    "repository_id": "1",
    "repository": "bank/scorer",
    "ref": "refs/heads/main",
    "scopes": ["ask_gate"],
}
LENT = {"delegate": "rita", "reason": "On leave."}
NEW_SYSTEM = {
    "organisation": "acme",
    "slug": "new",
    "name": "New",
    "purpose": "Decide.",
    "risk_tier": "minimal",
}


def question(world: World) -> dict[str, Any]:
    return {"artifact_digest": world.version.artifact.digest, "environment": "production"}


def snapshot(world: World) -> dict[str, Any]:
    digest = world.snapshot.artifact.digest
    return {"version": "2", "artifact_digest": digest, "format": "csv", "columns": world.snapshot.columns}


def version(world: World) -> dict[str, Any]:
    return {
        "version": "2",
        "artifact_digest": world.version.artifact.digest,
        "format": "xgboost_json",
    }


def vote(world: World) -> dict[str, Any]:
    return {"verdict": "approve", "subject_digest": world.request.subject_digest}


def ballot(world: World) -> dict[str, Any]:
    return {**vote(world), "role": "validator"}


def days() -> dict[str, str]:
    today = timezone.now().date()
    return {"starts_on": str(today), "ends_on": str(today + timedelta(days=3))}


def loan(world: World) -> dict[str, Any]:
    return {"organisation": "acme", "role": "validator", **LENT, **days()}


def loan_form(world: World) -> dict[str, Any]:
    return {"scope": f"validator:system:{world.system.pk}", **LENT, **days()}


def loosening(world: World) -> dict[str, Any]:
    return {"verdict": "approve", "digest": world.deviation.digest}


def loosening_form(world: World) -> dict[str, Any]:
    return {**loosening(world), "role": "validator"}


def side_by_side(world: World) -> dict[str, Any]:
    (one,) = comparisons.of_version(world.cast.actor("vera"), world.version)
    return {"champion": str(one.champion.pk), "digest": one.digest}


def draft(world: World) -> dict[str, Any]:
    return {"organisation": "acme", "tier": "high", "body": world.policy.body}


def audit(world: World) -> dict[str, Any]:
    return {"dataset_version": str(world.snapshot.pk)}


EMERGENCY = {"environment": "production", "reason": "All is refused.", "hours": 2}
REVIEW = {"outcome": "justified", "review": "I read the incident."}
ISSUE = {"kind": "finding", "severity": "low", "title": "Small groups"}
SETTLED = {"state": "resolved", "resolution": "Corrected."}
WAIVED = {"codes": ["documents.model_card"], "reason": "Later.", "compensating_control": "A person looks."}


def waiver(world: World) -> dict[str, Any]:
    return {**WAIVED, "to": "production", "expires_at": (timezone.now() + timedelta(days=3)).isoformat()}


def waiver_form(world: World) -> dict[str, Any]:
    return {**WAIVED, "where": "step", "until": str(timezone.now().date() + timedelta(days=3))}


def terms(world: World) -> dict[str, Any]:
    return {"digest": world.waiver.digest}


def approval_of_waiver(world: World) -> dict[str, Any]:
    return {"digest": world.waiver.digest, "role": "compliance_officer"}


def owner_form(world: World) -> dict[str, Any]:
    return {"owner": str(world.cast.dev.pk)}


# ruff: noqa: E501 - one line for each verb of each route, however long its address
# fmt: off
RULES: tuple[Rule, ...] = (
    # --- API: facts -------------------------------------------------------------------------------------------------
    rule("GET", "/api/v1/me", why="Who the caller is, told to the caller."),
    rule("GET", "/api/v1/systems", why=OWN),
    rule("GET", "/api/v1/members", "view"),
    rule("POST", "/api/v1/members/<uuid:membership_id>/deactivation", "manage_people"),
    rule("POST", "/api/v1/members/<uuid:membership_id>/reactivation", "manage_people"),
    rule("POST", "/api/v1/roles", "manage_people", body={"organisation": "acme", "user": "rita", "role": "auditor"}),
    rule("POST", "/api/v1/roles/<uuid:grant_id>/revocation", "manage_people"),
    rule("POST", "/api/v1/service-accounts", "manage_people", body={"organisation": "acme", "name": "bot", "responsible": "rita"}),
    rule("GET", "/api/v1/tokens", why=OWN),
    rule("POST", "/api/v1/tokens", "manage_people", body={"organisation": "acme", "name": "x", "account": "acme-bystander"}, why="Or for oneself."),
    rule("POST", "/api/v1/tokens/<uuid:token_id>/revocation", "manage_people", why="Or one's own."),
    rule("POST", "/api/v1/tokens/<uuid:token_id>/rotation", "manage_people", why="Or one's own."),
    rule("GET", "/api/v1/workload-identities", why=OWN),
    rule("POST", "/api/v1/workload-identities", "manage_people", body=IDENTITY),
    rule("POST", "/api/v1/workload-identities/<uuid:identity_id>/end", "manage_people"),
    rule("POST", "/api/v1/systems", "register", body=NEW_SYSTEM),
    rule("GET", "/api/v1/systems/<uuid:system_id>", "view"),
    rule("GET", "/api/v1/systems/<uuid:system_id>/documents", "view"),
    rule("POST", "/api/v1/systems/<uuid:system_id>/documents", "document", body={"kind": "model_card", "title": "Card", "content": "It scores."}),
    rule("GET", "/api/v1/systems/<uuid:system_id>/datasets", "view"),
    rule("POST", "/api/v1/systems/<uuid:system_id>/datasets", "register", body={"name": "more"}),
    rule("GET", "/api/v1/systems/<uuid:system_id>/models", "view"),
    rule("POST", "/api/v1/systems/<uuid:system_id>/models", "register", body={"name": "more"}),
    rule("POST", "/api/v1/artifacts", "register", body=b"bytes"),
    rule("GET", "/api/v1/datasets/<uuid:dataset_id>/versions", "view"),
    rule("POST", "/api/v1/datasets/<uuid:dataset_id>/versions", "register", body=snapshot),
    rule("GET", "/api/v1/datasets/<uuid:dataset_id>/schema-lock", "view"),
    rule("POST", "/api/v1/datasets/<uuid:dataset_id>/schema-lock", "lock_schema"),
    rule("POST", "/api/v1/datasets/<uuid:dataset_id>/schema-lock/release", "lock_schema", body={"reason": "New column."}),
    rule("POST", "/api/v1/models/<uuid:model_id>/versions", "register", body=version),
    rule("GET", "/api/v1/model-versions", why=OWN),
    rule("GET", "/api/v1/model-versions/<uuid:version_id>", "view"),
    rule("GET", "/api/v1/ledger/entries", "view_log"),
    rule("GET", "/api/v1/ledger/head", "view_log"),
    rule("GET", "/api/v1/ledger/feed", "view_log"),
    rule("GET", "/api/v1/ledger/checkpoint", "view_log", absent="No checkpoint is signed in this world."),
    rule("GET", "/api/v1/ledger/inclusion", "view_log"),
    rule("GET", "/api/v1/ledger/consistency", "view_log"),
    rule("GET", "/api/v1/ledger/receipt", "view_log"),
    rule("GET", "/api/v1/reads", "view_reads"),
    rule("POST", "/api/v1/ledger/reopenings", "operate_log", body={"reason": "The disk was exchanged."}),
    rule("POST", "/api/v1/ledger/reopenings/<uuid:reopening_id>/confirmation", "operate_log"),
    # --- API: evidence ----------------------------------------------------------------------------------------------
    rule("POST", "/api/v1/model-versions/<uuid:version_id>/runs", "run_audit", body=audit),
    rule("GET", "/api/v1/model-versions/<uuid:version_id>/plans", "view"),
    rule("POST", "/api/v1/model-versions/<uuid:version_id>/plans", "run_audit", body=audit),
    rule("POST", "/api/v1/plans/<uuid:plan_id>/runs", "run_audit"),
    rule("POST", "/api/v1/runs/<uuid:run_id>/reproductions", "run_audit"),
    rule("GET", "/api/v1/dataset-versions/<uuid:snapshot_id>/quality-runs", "view"),
    rule("POST", "/api/v1/dataset-versions/<uuid:snapshot_id>/quality-runs", "run_audit", "register", body={}),
    rule("GET", "/api/v1/quality-runs/<uuid:quality_run_id>", "view"),
    rule("GET", "/api/v1/quality-runs/<uuid:quality_run_id>/result", "view"),
    rule("GET", "/api/v1/runs", why=OWN),
    rule("GET", "/api/v1/runs/<uuid:run_id>", "view"),
    rule("GET", "/api/v1/runs/<uuid:run_id>/measurements", "view"),
    rule("POST", "/api/v1/runs/<uuid:run_id>/cancel", "run_audit"),
    rule("GET", "/api/v1/runs/<uuid:run_id>/result", "view"),
    # --- API: decisions ---------------------------------------------------------------------------------------------
    rule("POST", "/api/v1/gate/decisions", "ask_gate", body=question),
    rule("GET", "/api/v1/gate/decisions/<uuid:decision_id>", "view"),
    rule("GET", "/api/v1/gate/decisions/<uuid:decision_id>/bundle", "view"),
    rule("GET", "/api/v1/gate/decisions/<uuid:decision_id>/receipt", "view"),
    rule("GET", "/api/v1/systems/<uuid:system_id>/transitions", "view"),
    rule("POST", "/api/v1/systems/<uuid:system_id>/transitions", "request_approval", body={"to": "data_sourcing"}),
    rule("GET", "/api/v1/model-versions/<uuid:version_id>/transitions", "view"),
    rule("POST", "/api/v1/model-versions/<uuid:version_id>/transitions", "request_approval", body={"to": "validation"}),
    rule("POST", "/api/v1/model-versions/<uuid:version_id>/approval-requests", "request_approval", body={"to": "production"}),
    rule("GET", "/api/v1/approval-requests", why=OWN),
    rule("GET", "/api/v1/approval-requests/<uuid:request_id>", "view"),
    rule("POST", "/api/v1/approval-requests/<uuid:request_id>/votes", "vote", body=vote),
    rule("POST", "/api/v1/approval-requests/<uuid:request_id>/withdrawal", "request_approval", body={"reason": "Later."}),
    rule("POST", "/api/v1/systems/<uuid:system_id>/approval-requests", "request_approval", body={"to": "data_sourcing"}),
    rule("GET", "/api/v1/votes/<uuid:vote_id>/receipt", "view", absent="The vote of this world was not cast by the service."),
    rule("GET", "/api/v1/votes/<uuid:vote_id>/attestation", "view", absent="The vote of this world was not cast by the service."),
    rule("POST", "/api/v1/votes/<uuid:vote_id>/withdrawal", "view", body={"reason": "Misread."}, why="And only the voter's own."),
    rule("GET", "/api/v1/conditions", why=OWN),
    rule("POST", "/api/v1/conditions/<uuid:condition_id>/confirmation", "vote", body={"note": "Seen."}),
    rule("GET", "/api/v1/delegations", why=OWN),
    rule("POST", "/api/v1/delegations", "vote", body=loan),
    rule("POST", "/api/v1/delegations/<uuid:delegation_id>/revocation", "manage_people", why="Or one's own, given or held."),
    rule("GET", "/api/v1/due", why=OWN),
    rule("GET", "/api/v1/deviations", why=OWN),
    rule("GET", "/api/v1/deviations/<uuid:deviation_id>", "view"),
    rule("POST", "/api/v1/deviations/<uuid:deviation_id>/votes", "vote", body=loosening),
    rule("GET", "/api/v1/model-versions/<uuid:version_id>/comparison", "view"),
    rule("POST", "/api/v1/model-versions/<uuid:version_id>/comparison", "vote", body=side_by_side),
    rule("GET", "/api/v1/systems/<uuid:system_id>/classification", "view"),
    rule("POST", "/api/v1/systems/<uuid:system_id>/classification", "classify", body=ANSWERS),
    rule("POST", "/api/v1/systems/<uuid:system_id>/classification/confirm", "confirm_classification", body={"number": 1}),
    rule("POST", "/api/v1/systems/<uuid:system_id>/classification/reject", "confirm_classification", body={"number": 1, "reason": "Wrong."}),
    rule("GET", "/api/v1/systems/<uuid:system_id>/coverage", "view"),
    rule("POST", "/api/v1/systems/<uuid:system_id>/obligations/<str:obligation>/decision", "vote", body={"state": "met", "reason": "Seen."}, absent="No policy of this world asks for a framework."),
    rule("GET", "/api/v1/policies", why=OWN),
    rule("POST", "/api/v1/policies", "publish_policy", body=draft),
    rule("POST", "/api/v1/policies/defaults", "publish_policy", body={"organisation": "acme"}),
    rule("GET", "/api/v1/policies/staffing", why=OWN),
    rule("GET", "/api/v1/policies/schema", why="The shape of a policy document, the same for everybody."),
    rule("GET", "/api/v1/policies/<uuid:policy_id>", "view"),
    rule("GET", "/api/v1/policies/<uuid:policy_id>/diff", "view"),
    rule("GET", "/api/v1/policies/<uuid:policy_id>/back-tests", "view"),
    rule("POST", "/api/v1/policies/<uuid:policy_id>/back-tests", "publish_policy"),
    rule("GET", "/api/v1/back-tests/<uuid:backtest_id>", "view"),
    rule("POST", "/api/v1/policies/<uuid:policy_id>/publication", "publish_policy"),
    rule("POST", "/api/v1/model-versions/<uuid:version_id>/reports", "generate_report", body={"kind": "validation_report"}),
    rule("GET", "/api/v1/reports/<uuid:report_id>", "view"),
    rule("GET", "/api/v1/reports/<uuid:report_id>/pdf", "view"),
    rule("GET", "/api/v1/waivers", why=OWN),
    rule("POST", "/api/v1/model-versions/<uuid:version_id>/waivers", "request_approval", body=waiver),
    rule("GET", "/api/v1/waivers/<uuid:waiver_id>", "view"),
    rule("POST", "/api/v1/waivers/<uuid:waiver_id>/approval", "vote", body=terms),
    rule("POST", "/api/v1/waivers/<uuid:waiver_id>/refusal", "vote", "request_approval", body={"reason": "No."}),
    rule("POST", "/api/v1/waivers/<uuid:waiver_id>/revocation", "vote", "request_approval", body={"reason": "No."}),
    rule("GET", "/api/v1/break-glass", why=OWN),
    rule("POST", "/api/v1/model-versions/<uuid:version_id>/break-glass", "break_glass", body=EMERGENCY),
    rule("GET", "/api/v1/break-glass/<uuid:release_id>", "view"),
    rule("POST", "/api/v1/break-glass/<uuid:release_id>/confirmation", "break_glass"),
    rule("POST", "/api/v1/break-glass/<uuid:release_id>/withdrawal", "break_glass", body={"reason": "Over."}),
    rule("POST", "/api/v1/break-glass/<uuid:release_id>/end", "break_glass", body={"reason": "Over."}),
    rule("POST", "/api/v1/break-glass/<uuid:release_id>/review", "break_glass", body=REVIEW),
    rule("GET", "/api/v1/issues", why=OWN),
    rule("POST", "/api/v1/systems/<uuid:system_id>/issues", "raise_issue", body=ISSUE),
    rule("GET", "/api/v1/issues/<uuid:issue_id>", "view"),
    rule("POST", "/api/v1/issues/<uuid:issue_id>/assignment", "raise_issue", body={"owner": "dev"}),
    rule("POST", "/api/v1/issues/<uuid:issue_id>/closing", "close_issue", body=SETTLED),
    rule("POST", "/api/v1/issues/<uuid:issue_id>/reopening", "raise_issue", body={"reason": "It is back."}),
    # --- pages ------------------------------------------------------------------------------------------------------
    rule("GET", "/", why=OWN),
    rule("GET", "/systems", why=OWN),
    rule("GET", "/systems/<uuid:system_id>", "view"),
    rule("GET", "/systems/<uuid:system_id>/steps", "view"),
    rule("GET", "/systems/<uuid:system_id>/classification", "view"),
    rule("POST", "/systems/<uuid:system_id>/classify", "classify", body=SHEET),
    rule("POST", "/systems/<uuid:system_id>/classification/confirm", "confirm_classification", body={"number": 1}),
    rule("POST", "/systems/<uuid:system_id>/classification/reject", "confirm_classification", body={"number": 1, "reason": "Wrong."}),
    rule("GET", "/systems/<uuid:system_id>/coverage", "view"),
    rule("POST", "/systems/<uuid:system_id>/coverage/sign", "vote", body={"framework": "iso-42001", "obligation": "iso-42001:5.1", "state": "met", "reason": "Seen."}),
    rule("POST", "/systems/<uuid:system_id>/request-approval", "request_approval", body={"to": "data_sourcing"}),
    rule("POST", "/systems/<uuid:system_id>/move", "request_approval", body={"to": "data_sourcing"}),
    rule("GET", "/versions/<uuid:version_id>", "view"),
    rule("GET", "/versions/<uuid:version_id>/steps", "view"),
    rule("POST", "/versions/<uuid:version_id>/move", "request_approval", body={"to": "validation"}),
    rule("POST", "/versions/<uuid:version_id>/request-approval", "request_approval"),
    rule("POST", "/versions/<uuid:version_id>/request-report", "generate_report"),
    rule("POST", "/versions/<uuid:version_id>/ask-gate", "ask_gate"),
    rule("GET", "/versions/<uuid:version_id>/comparison", "view"),
    rule("POST", "/versions/<uuid:version_id>/comparison/acknowledge", "vote", body=side_by_side),
    rule("GET", "/people", "view"),
    rule("POST", "/people/grant", "manage_people", body={"organisation": "acme", "user": "rita", "role": "auditor"}),
    rule("GET", "/people/<uuid:membership_id>", "view"),
    rule("POST", "/people/<uuid:membership_id>/deactivate", "manage_people"),
    rule("POST", "/people/<uuid:membership_id>/reactivate", "manage_people"),
    rule("POST", "/people/roles/<uuid:grant_id>/revoke", "manage_people"),
    rule("GET", "/people/tokens", "view"),
    rule("POST", "/people/tokens/issue", "manage_people", body={"organisation": "acme", "name": "x", "days": "5", "account": "acme-bystander"}, why="Or for oneself."),
    rule("POST", "/people/tokens/<uuid:token_id>/revoke", "manage_people", why="Or one's own."),
    rule("POST", "/people/tokens/<uuid:token_id>/rotate", "manage_people", why="Or one's own."),
    rule("GET", "/people/machines", "view"),
    rule("POST", "/people/machines/account", "manage_people", body={"organisation": "acme", "name": "bot", "responsible": "rita"}),
    rule("POST", "/people/machines/identity", "manage_people", body=IDENTITY),
    rule("POST", "/people/identities/<uuid:identity_id>/end", "manage_people"),
    rule("GET", "/inbox", why=OWN),
    rule("GET", "/approvals/<uuid:request_id>", "view"),
    rule("POST", "/approvals/<uuid:request_id>/vote", "vote", body=ballot),
    rule("POST", "/approvals/<uuid:request_id>/withdraw", "request_approval", body={"reason": "Later."}),
    rule("POST", "/votes/<uuid:vote_id>/withdraw", "view", body={"reason": "Misread."}, why="And only the voter's own."),
    rule("POST", "/conditions/<uuid:condition_id>/confirm", "vote", body={"note": "Seen."}),
    rule("GET", "/deviations/<uuid:deviation_id>", "view"),
    rule("POST", "/deviations/<uuid:deviation_id>/vote", "vote", body=loosening_form),
    rule("GET", "/delegations", why=OWN),
    rule("POST", "/delegations/give", "vote", body=loan_form),
    rule("POST", "/delegations/<uuid:delegation_id>/revoke", "manage_people", why="Or one's own, given or held."),
    rule("GET", "/due", why=OWN),
    rule("GET", "/decisions/<uuid:decision_id>", "view"),
    rule("GET", "/decisions/<uuid:decision_id>.json", "view"),
    rule("GET", "/decisions/<uuid:decision_id>/bundle", "view"),
    rule("GET", "/policies", why=OWN),
    rule("GET", "/policies/new", why="It offers the organisations in which the caller may draft, and Assay's own texts."),
    rule("POST", "/policies/check", "publish_policy", body=draft),
    rule("POST", "/policies/draft", "publish_policy", body=draft),
    rule("GET", "/policies/<uuid:policy_id>", "view"),
    rule("POST", "/policies/<uuid:policy_id>/publish", "publish_policy"),
    rule("POST", "/policies/<uuid:policy_id>/run", "publish_policy"),
    rule("GET", "/policies/<uuid:policy_id>/back-test", "view"),
    rule("GET", "/waivers", why=OWN),
    rule("GET", "/waivers/<uuid:waiver_id>", "view"),
    rule("POST", "/waivers/<uuid:waiver_id>/approve", "vote", body=approval_of_waiver),
    rule("POST", "/waivers/<uuid:waiver_id>/refuse", "vote", "request_approval", body={"reason": "No."}),
    rule("POST", "/waivers/<uuid:waiver_id>/revoke", "vote", "request_approval", body={"reason": "No."}),
    rule("GET", "/versions/<uuid:version_id>/waive", "view"),
    rule("POST", "/versions/<uuid:version_id>/ask-waiver", "request_approval", body=waiver_form),
    rule("GET", "/break-glass", why=OWN),
    rule("GET", "/break-glass/<uuid:release_id>", "view"),
    rule("POST", "/break-glass/<uuid:release_id>/confirm", "break_glass"),
    rule("POST", "/break-glass/<uuid:release_id>/withdraw", "break_glass", body={"reason": "Over."}),
    rule("POST", "/break-glass/<uuid:release_id>/end", "break_glass", body={"reason": "Over."}),
    rule("POST", "/break-glass/<uuid:release_id>/review", "break_glass", body=REVIEW),
    rule("GET", "/versions/<uuid:version_id>/break-the-glass", "view"),
    rule("POST", "/versions/<uuid:version_id>/ask-emergency", "break_glass", body=EMERGENCY),
    rule("GET", "/issues", why=OWN),
    rule("GET", "/issues/<uuid:issue_id>", "view"),
    rule("POST", "/issues/<uuid:issue_id>/assign", "raise_issue", body=owner_form),
    rule("POST", "/issues/<uuid:issue_id>/close", "close_issue", body=SETTLED),
    rule("POST", "/issues/<uuid:issue_id>/reopen", "raise_issue", body={"reason": "It is back."}),
    rule("GET", "/systems/<uuid:system_id>/raise-issue", "view"),
    rule("POST", "/systems/<uuid:system_id>/issues", "raise_issue", body=ISSUE),
    rule("GET", "/reports", why=OWN),
    rule("GET", "/reports/<uuid:report_id>.pdf", "view"),
    rule("GET", "/runs/<uuid:run_id>", "view"),
    rule("GET", "/runs/<uuid:run_id>/result.json", "view"),
    rule("POST", "/runs/<uuid:run_id>/reproduce", "run_audit"),
    rule("GET", "/dataset-versions/<uuid:snapshot_id>", "view"),
    rule("POST", "/dataset-versions/<uuid:snapshot_id>/profile", "run_audit", "register"),
    rule("POST", "/dataset-versions/<uuid:snapshot_id>/lock", "lock_schema"),
    rule("POST", "/dataset-versions/<uuid:snapshot_id>/release", "lock_schema", body={"reason": "New column."}),
    rule("GET", "/log", "view_log"),
    rule("GET", "/log/entry", "view_log"),
    rule("GET", "/log/checkpoints", "view_log"),
    rule("GET", "/log/reads", "view_reads"),
    rule("POST", "/log/reopenings", "operate_log", body={"reason": "The disk was exchanged."}),
    rule("POST", "/log/reopenings/<uuid:reopening_id>/confirm", "operate_log"),
)
# fmt: on
