"""What each event does to the governed tables. Pure: a table an auditor can read, and nothing between its rows.

A row says: this event puts these values into that table, into the row that it is about (or the one that a key of its
data names). A value is a word, or `$key` for what stands under that key in the event's data. Events that are told and
change no governed row stand in `CHANGES_NOTHING`, so that a new event must be put somewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Rule:
    """One effect of one event. `when` are values its data must have; `gone` takes the row away."""

    event: str
    table: str
    values: Mapping[str, str] = field(default_factory=dict)
    key: str = ""  # empty: the row the event is about
    when: Mapping[str, object] = field(default_factory=dict)
    gone: bool = False
    # The rows of the same table with these columns like the event's, whose other columns are changed first.
    others: Mapping[str, str] = field(default_factory=dict)
    others_become: Mapping[str, str] = field(default_factory=dict)


_SYSTEM: Final = {"slug": "$slug", "risk_tier": "$risk_tier", "stage": "problem_definition"}
_CLASSIFIED: Final = {"number": "$number", "tier": "$tier", "system": "@system"}

RULES: Final = (
    # people
    Rule("organisation.created", "organisation", {"slug": "$slug"}),
    Rule("role.granted", "rolegrant", {"user": "$user_id", "role": "$role"}),
    Rule("role.revoked", "rolegrant", gone=True),
    Rule("token.issued", "apitoken", {"user": "$user_id", "revoked": "no"}),
    Rule("token.revoked", "apitoken", {"revoked": "yes"}),
    Rule("workload_identity.created", "workloadidentity", {"issuer": "$issuer", "ended": "no"}),
    Rule("workload_identity.ended", "workloadidentity", {"ended": "yes"}),
    # facts
    Rule("system.registered", "system", _SYSTEM),
    Rule("document.added", "document", {"kind": "$kind", "number": "$number", "digest": "$digest"}),
    Rule("dataset.registered", "dataset", {"slug": "$slug"}),
    Rule("dataset_version.registered", "datasetversion", {"version": "$version", "digest": "$digest"}),
    Rule("model.registered", "model", {"slug": "$slug"}),
    Rule(
        "model_version.registered",
        "modelversion",
        {"version": "$version", "digest": "$digest", "stage": "development"},
    ),
    Rule("schema.locked", "schemalock", {"columns_digest": "$columns_digest", "released": "no"}),
    Rule("schema.released", "schemalock", {"released": "yes"}),
    # evidence
    Rule(
        "plan.sealed",
        "checkplan",
        {"digest": "$digest", "seed": "$seed", "version": "$model_version_id", "data": "$dataset_version_id"},
    ),
    Rule("run.requested", "auditrun", {"state": "queued", "seed": "$seed", "result": ""}),
    Rule("reproduction.requested", "auditrun", {"state": "queued", "result": ""}),
    Rule("run.cancelled", "auditrun", {"state": "cancelled"}),
    Rule("run.finished", "auditrun", {"state": "$state", "result": "$result_digest"}),
    Rule(
        "data_quality.requested", "dataqualityrun", {"state": "queued", "bars": "$bars_digest", "result": ""}
    ),
    Rule("data_quality.cancelled", "dataqualityrun", {"state": "cancelled"}),
    Rule("data_quality.finished", "dataqualityrun", {"state": "$state", "result": "$result_digest"}),
    Rule("deviation.opened", "deviation", {"state": "open", "digest": "$digest"}),
    Rule("deviation.accepted", "deviation", {"state": "accepted"}),
    Rule("deviation.refused", "deviation", {"state": "refused"}),
    Rule("deviation.voted", "deviationvote", {"role": "$role", "verdict": "$verdict"}, key="vote_id"),
    # decisions
    Rule("policy.drafted", "policy", {"number": "$number", "digest": "$digest", "state": "draft"}),
    Rule("policy.published", "policy", {"number": "$number", "digest": "$digest", "state": "published"}),
    Rule("policy.superseded", "policy", {"state": "superseded"}),
    Rule("approval.requested", "approvalrequest", {"state": "open", "digest": "$subject_digest"}),
    Rule("approval.replaced", "approvalrequest", {"state": "replaced"}),
    Rule("approval.expired", "approvalrequest", {"state": "expired"}),
    Rule("approval.withdrawn", "approvalrequest", {"state": "withdrawn"}),
    Rule("approval.used", "approvalrequest", {"state": "used"}),
    Rule("approval.voted", "approvalrequest", {"state": "rejected"}, when={"verdict": "reject"}),
    Rule(
        "approval.voted",
        "approvalrequest",
        {"state": "changes_requested"},
        when={"verdict": "request_changes"},
    ),
    Rule(
        "approval.voted",
        "vote",
        {"role": "$role", "verdict": "$verdict", "digest": "$subject_digest", "withdrawn": "no"},
        key="vote_id",
    ),
    Rule("approval.vote_withdrawn", "vote", {"withdrawn": "yes"}, key="vote_id"),
    Rule("condition.met", "condition", {"met": "yes"}, key="condition_id"),
    Rule(
        "delegation.given",
        "delegation",
        {"delegator": "$delegator_id", "delegate": "$delegate_id", "role": "$role", "revoked": "no"},
    ),
    Rule("delegation.revoked", "delegation", {"revoked": "yes"}),
    Rule(
        "comparison.acknowledged",
        "comparisonacknowledgement",
        {"digest": "$digest"},
        key="acknowledgement_id",
    ),
    Rule(
        "decision.made",
        "decision",
        {
            "verdict": "$verdict",
            "environment": "$environment",
            "transition": "$transition",
            "artifact": "$artifact_digest",
            "facts": "$dossier_digest",
            "policy": "$policy_digest",
        },
    ),
    Rule("transition.completed", "@kind", {"stage": "$to_stage"}),
    Rule("classification.proposed", "classification", {**_CLASSIFIED, "state": "proposed"}),
    Rule("classification.rejected", "classification", {"state": "rejected"}),
    Rule(
        "system.classified",
        "classification",
        {**_CLASSIFIED, "state": "in_force"},
        when={"in_force": True},
        others={"system": "@system", "state": "in_force"},
        others_become={"state": "superseded"},
    ),
    Rule("system.classified", "system", {"risk_tier": "$tier"}, key="@system"),
    Rule(
        "obligation.decided",
        "obligationdecision",
        {"obligation": "$obligation", "number": "$number", "state": "$state", "role": "$role"},
    ),
    Rule("report.requested", "report", {"state": "queued", "basis": "$basis_digest", "pdf": "", "twin": ""}),
    Rule(
        "report.generated",
        "report",
        {"state": "ready", "basis": "$basis_digest", "pdf": "$pdf_digest", "twin": "$twin_digest"},
    ),
    Rule("report.failed", "report", {"state": "failed"}),
    Rule("backtest.requested", "backtest", {"state": "queued"}),
    Rule("backtest.finished", "backtest", {"state": "done"}),
    Rule("backtest.failed", "backtest", {"state": "failed"}),
    # exceptions
    Rule("waiver.requested", "waiver", {"state": "requested", "digest": "$digest", "step": "$step"}),
    Rule("waiver.approved", "waiver", {"state": "approved", "role": "$role"}),
    Rule("waiver.refused", "waiver", {"state": "refused"}),
    Rule("waiver.revoked", "waiver", {"state": "revoked"}),
    Rule("break_glass.requested", "breakglass", {"state": "requested", "environment": "$environment"}),
    Rule("break_glass.confirmed", "breakglass", {"state": "confirmed"}),
    Rule("break_glass.withdrawn", "breakglass", {"state": "withdrawn"}),
    Rule("break_glass.reviewed", "breakglass", {"outcome": "$outcome"}),
    Rule("issue.raised", "issue", {"kind": "$kind", "severity": "$severity", "state": "open"}),
    Rule("issue.closed", "issue", {"state": "$state"}),
    Rule("issue.reopened", "issue", {"state": "open"}),
)

# Told, and no governed row is another afterwards.
CHANGES_NOTHING: Final = frozenset(
    {
        "access.denied",
        "account.deactivated",  # its roles and tokens end by events of their own
        "account.factor_added",
        "account.factor_removed",
        "account.identity_linked",
        "account.identity_unlinked",
        "account.password_changed",
        "account.sign_in_failed",
        "account.signed_in",
        "approval.refused",
        "approval.vote_refused",
        "artifact.stored",  # bytes by their digest; every row that names them has an event
        "break_glass.ended",
        "break_glass.excluded",
        "classification.refused",
        "comparison.refused",
        "data_quality.requeued",
        "deviation.vote_refused",
        "enforcement.applied",  # the step it takes has an event of its own
        "issue.assigned",
        "issue.excluded",
        "log.key_replaced",
        "log.reopened",
        "log.verified",
        "member.deactivated",
        "member.reactivated",
        "obligation.refused",
        "permissions.synchronised",
        "person.erased",  # names and texts; no governed column holds one
        "person.linked",
        "policy.loosened",
        "policy.publication_refused",
        "reads.bound",
        "reproduction.refused",
        "review.scheduled",
        "run.not_reproduced",
        "run.reproduced",
        "run.requeued",
        "schema.release_refused",
        "service_account.created",
        "staffing.gap_cleared",
        "staffing.gap_reported",
        "transition.refused",
        "waiver.excluded",
        "workload_identity.used",
    }
)
