"""The catalogue of events. Append only: a code is never reused, a version never changes its keys.

`keys` must be there in every payload; `personal` names those keys whose text is about a person or typed freely:
the entry keeps a salted commitment to them, the text lives in a table that can be erased.
"""

from registry.ledger.event import Event as Event
from registry.ledger.events_of_data import ROWS as DATA
from registry.ledger.events_of_exceptions import ROWS as EXCEPTIONS
from registry.ledger.events_of_sign_in import ROWS as SIGN_IN
from registry.ledger.events_of_upkeep import ROWS as UPKEEP

_ROWS = (
    *DATA,
    *UPKEEP,
    *EXCEPTIONS,
    *SIGN_IN,
    # people
    Event("organisation.created", "Organisation {slug} was created.", ("slug",), ("name",)),
    Event("role.granted", "{user} became {role} of {scope}.", ("user_id", "role", "scope"), ("user",)),
    Event("role.revoked", "{user} is no longer {role} of {scope}.", ("user_id", "role", "scope"), ("user",)),
    Event(
        "member.deactivated",
        "{user} is a former member; {roles} roles and {tokens} tokens ended.",
        ("user_id", "roles", "tokens"),
        ("user", "reason"),
    ),
    Event("member.reactivated", "{user} is a member again.", ("user_id",), ("user",)),
    Event("account.deactivated", "The account of {user} was closed.", ("user_id",), ("user",)),
    Event(
        "person.erased",
        "Personal data of {user_id} were erased under {under}: {texts} texts of the log.",
        ("user_id", "under", "texts", "rows", "written", "reports"),
        ("reason",),
    ),
    Event(
        "person.linked", "{user} is a further account of {person_id}.", ("user_id", "person_id"), ("user",)
    ),
    Event(
        "permissions.synchronised",
        "Permissions follow the table of roles again: {added} added, {removed} removed.",
        ("added", "removed"),
    ),
    Event(
        "service_account.created",
        "Service account {username} was created.",
        ("user_id", "username", "responsible_id"),
    ),
    Event(
        "token.issued",
        "A token was issued to {user}.",
        ("token_id", "user_id", "expires_at", "scopes", "system_id_of_token"),
        ("user", "name"),
        version=2,
    ),
    Event("access.denied", "An attempt was refused: {reason}", ("permission",), ("reason",)),
    Event(
        "workload_identity.created",
        "Jobs of {repository} on {ref} may act as a service account.",
        (
            "identity_id",
            "issuer",
            "audience",
            "repository_id",
            "ref",
            "environment",
            "workflow",
            "scopes",
        ),
        ("repository",),
    ),
    Event("workload_identity.ended", "A workload identity has ended.", ("identity_id",)),
    Event(
        "workload_identity.used",
        "A job on {ref} exchanged its identity for a token.",
        ("identity_id", "token_id", "ref"),
    ),
    Event("token.revoked", "A token of {user} was revoked.", ("token_id", "user_id"), ("user",)),
    # facts
    Event(
        "system.registered",
        "System {slug} was registered as {risk_tier} risk.",
        ("slug", "risk_tier", "digest"),
        ("name",),
    ),
    Event(
        "document.added",
        "{kind} number {number} was added.",
        ("document_id", "kind", "number", "digest"),
        ("title",),
    ),
    Event("artifact.stored", "{size} bytes were stored under {digest}.", ("digest", "size")),
    Event("dataset.registered", "Dataset {slug} was registered.", ("dataset_id", "slug")),
    Event(
        "dataset_version.registered",
        "Version {version} of dataset {dataset} was registered.",
        ("dataset_version_id", "dataset", "version", "digest", "columns_digest", "parents"),
    ),
    Event("model.registered", "Model {slug} was registered.", ("model_id", "slug")),
    Event(
        "model_version.registered",
        "Version {version} of model {model} was registered.",
        (
            "model_version_id",
            "model",
            "version",
            "digest",
            "format",
            "training_digest",
            "dataset_versions",
            "parents",
        ),
    ),
    # evidence
    Event(
        "plan.sealed",
        "A check plan was sealed before measuring.",
        ("plan_id", "digest", "model_version_id", "dataset_version_id", "dataset_digest", "seed"),
        version=2,  # the first had neither the dataset's digest nor the seed
    ),
    Event("run.requested", "An audit run was requested.", ("run_id", "plan_digest", "seed", "code_version")),
    Event("run.requeued", "An audit run whose worker was lost is queued again.", ("run_id", "attempts")),
    Event("run.cancelled", "An audit run was cancelled.", ("run_id",)),
    Event(
        "run.finished",
        "An audit run ended as {state}.",
        ("run_id", "state", "result_digest", "plan_digest", "attempts", "error"),
    ),
    Event(
        "deviation.opened",
        "A plan that loosens an earlier one was sealed; it waits for people who had no part in it.",
        ("deviation_id", "digest", "old_plan_digest", "new_plan_digest"),
        ("reason",),
    ),
    Event(
        "deviation.voted",
        "Voted as {role} on a loosened plan: {verdict}.",
        ("deviation_id", "vote_id", "role", "verdict", "digest"),
        ("comment",),
    ),
    Event(
        "deviation.vote_refused",
        "A vote on a loosened plan was refused: the voter {why}.",
        ("deviation_id", "why", "digest"),
    ),
    Event("deviation.accepted", "A loosened plan was accepted and counts.", ("deviation_id", "digest")),
    Event("deviation.refused", "A loosened plan was refused.", ("deviation_id", "digest")),
    Event(
        "reproduction.requested",
        "Somebody else makes an audit run again.",
        ("run_id", "original_run_id", "plan_digest"),
    ),
    Event(
        "reproduction.refused",
        "Making an audit run again was refused: the person {why}.",
        ("run_id", "why"),
    ),
    Event(
        "run.reproduced",
        "An audit run was made again and came out the same.",
        ("run_id", "original_run_id", "result_digest", "original_result_digest", "same_digest"),
    ),
    Event(
        "run.not_reproduced",
        "An audit run was made again and came out otherwise, in {differences} places.",
        ("run_id", "original_run_id", "result_digest", "original_result_digest", "differences"),
    ),
    # decisions
    Event(
        "policy.drafted",
        "Policy {name} version {number} was drafted.",
        ("policy_id", "name", "number", "digest"),
    ),
    Event(
        "policy.published",
        "Policy {name} version {number} was published.",
        ("policy_id", "name", "number", "digest"),
    ),
    Event(
        "policy.superseded",
        "Policy {name} version {number} was superseded.",
        ("policy_id", "name", "number", "digest"),
    ),
    Event(
        "policy.publication_refused",
        "Policy {name} version {number} was not published: it loosens what is in force ({why}).",
        ("policy_id", "name", "number", "digest", "why"),
    ),
    Event(
        "policy.loosened",
        "Policy {name} version {number} loosens the one before it: {places}.",
        ("policy_id", "name", "number", "digest", "drafted_by", "places"),
    ),
    Event(
        "backtest.requested",
        "A policy was to be run over past decisions.",
        ("backtest_id", "policy_id", "digest"),
    ),
    Event(
        "backtest.finished",
        "A policy was run over {decided} past decisions: {opens} would open, {closes} would close.",
        ("backtest_id", "policy_id", "digest", "decided", "opens", "closes"),
    ),
    Event(
        "backtest.failed",
        "A policy could not be run over past decisions: {error}.",
        ("backtest_id", "policy_id", "digest", "error"),
    ),
    Event(
        "staffing.gap_reported",
        "The gate {step} of the tier {tier} lacks people: {roles}.",
        ("policy_id", "tier", "step", "system", "roles"),
    ),
    Event(
        "staffing.gap_cleared",
        "The gate {step} of the tier {tier} has enough people again: {roles}.",
        ("policy_id", "tier", "step", "system", "roles"),
    ),
    Event(
        "approval.requested",
        "Approval to move to {to} was requested.",
        ("request_id", "model_version_id", "to", "subject_digest", "policy_digest"),
    ),
    Event(
        "approval.voted",
        "Voted as {role}: {verdict}.",
        ("request_id", "vote_id", "role", "verdict", "subject_digest", "delegation_id", "conditions"),
        ("comment", "terms"),
        version=2,  # since then votes are given on conditions, and on behalf of others
    ),
    Event(
        "approval.vote_refused",
        "A vote was refused: {refusal}.",
        ("request_id", "refusal", "subject_digest"),
    ),
    Event(
        "approval.vote_withdrawn",
        "A {role} took their vote back.",
        ("request_id", "vote_id", "role"),
        ("reason",),
    ),
    Event("approval.expired", "An approval request had expired.", ("request_id",)),
    Event(
        "condition.met",
        "A condition of an approval was confirmed as met.",
        ("request_id", "condition_id", "vote_id"),
        ("note",),
    ),
    Event(
        "delegation.given",
        "{delegator} lent the role of {role} of {scope} to {delegate}.",
        ("delegation_id", "delegator_id", "delegate_id", "role", "scope", "starts_at", "ends_at"),
        ("delegator", "delegate", "reason"),
    ),
    Event(
        "delegation.revoked",
        "{delegate} no longer votes for {delegator} as {role} of {scope}.",
        ("delegation_id", "delegator_id", "delegate_id", "role", "scope"),
        ("delegator", "delegate"),
    ),
    Event(
        "approval.refused",
        "A vote was refused: the voter {why}.",
        ("request_id", "why", "subject_digest"),
    ),
    Event(
        "approval.replaced",
        "An approval request was replaced by one about the facts as they are now.",
        ("request_id", "by_request_id"),
    ),
    Event("approval.used", "An approval request has done its work: the step was taken.", ("request_id",)),
    Event("approval.withdrawn", "An approval request was withdrawn.", ("request_id",), ("reason",)),
    Event(
        "comparison.acknowledged",
        "A comparison with the version in production was read and acknowledged.",
        ("acknowledgement_id", "model_version_id", "champion_id", "digest"),
        ("comment",),
    ),
    Event(
        "comparison.refused",
        "Acknowledging a comparison was refused: the person {why}.",
        ("model_version_id", "why", "digest"),
    ),
    Event(
        "decision.made",
        "The gate answered {verdict} for {transition}.",
        (
            "decision_id",
            "model_version_id",
            "transition",
            "environment",
            "verdict",
            "artifact_digest",
            "dossier_digest",
            "policy_digest",
        ),
    ),
    Event(
        "transition.completed",
        "{moved} moved from {from_stage} to {to_stage}.",
        ("moved", "from_stage", "to_stage", "decision_id"),
        ("reason",),
    ),
    Event(
        "transition.refused",
        "{held} stays at {from_stage}: the gate to {to_stage} is closed.",
        ("held", "from_stage", "to_stage", "decision_id"),
        ("reason",),
    ),
    Event(
        "classification.proposed",
        "Classification {number} as {tier} risk waits for confirmation.",
        ("classification_id", "number", "tier", "before", "answers_digest", "rules_digest"),
    ),
    Event(
        "system.classified",
        "Classification {number} makes the system {tier} risk; before it was {before}.",
        ("classification_id", "number", "tier", "before", "answers_digest", "rules_digest", "in_force"),
    ),
    Event(
        "classification.rejected",
        "Classification {number} as {tier} risk was rejected.",
        ("classification_id", "number", "tier"),
        ("reason",),
    ),
    Event(
        "classification.refused",
        "A confirmation of classification {number} was refused: {why}",
        ("classification_id", "number", "why"),
    ),
    Event(
        "obligation.decided",
        "A {role} signed {obligation}: {state}.",
        ("obligation_decision_id", "framework", "obligation", "number", "state", "role", "basis_digest"),
        ("reason",),
    ),
    Event(
        "obligation.refused",
        "A word on {obligation} was refused: {why}",
        ("framework", "obligation", "why"),
    ),
    Event("report.requested", "A {kind} was requested.", ("report_id", "kind", "basis_digest")),
    Event(
        "report.generated",
        "A {kind} was generated.",
        ("report_id", "kind", "basis_digest", "pdf_digest", "twin_digest"),
    ),
    Event("report.failed", "A {kind} could not be generated.", ("report_id", "kind", "error")),
)

EVENTS: dict[str, Event] = {row.code: row for row in _ROWS}


def check(code: str, payload: dict[str, object]) -> Event:
    """The catalogue row of an event whose payload has exactly the declared keys; anything else raises."""
    event = EVENTS.get(code)
    if event is None:
        raise KeyError(f"{code!r} is not in the event catalogue; add a row to registry/ledger/events.py.")
    missing = [key for key in event.keys + event.personal if key not in payload]
    unknown = sorted(set(payload) - set(event.keys) - set(event.personal))
    if missing or unknown:
        raise ValueError(f"{code}: missing keys {missing}, undeclared keys {unknown}.")
    return event
