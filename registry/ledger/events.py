"""The catalogue of events. Append only: a code is never reused, a version never changes its keys.

`keys` must be there in every payload; `personal` names those keys whose text is about a person or typed freely:
the entry keeps a salted commitment to them, the text lives in a table that can be erased.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """One kind of thing that can happen."""

    code: str
    sentence: str  # how a log page tells it; {key} takes payload values
    keys: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    version: int = 1


_ROWS = (
    # people
    Event("organisation.created", "Organisation {slug} was created.", ("slug",), ("name",)),
    Event("role.granted", "{user} became {role} of {scope}.", ("user_id", "role", "scope"), ("user",)),
    Event("role.revoked", "{user} is no longer {role} of {scope}.", ("user_id", "role", "scope"), ("user",)),
    Event(
        "service_account.created",
        "Service account {username} was created.",
        ("user_id", "username", "responsible_id"),
    ),
    Event(
        "token.issued",
        "A token was issued to {user}.",
        ("token_id", "user_id", "expires_at"),
        ("user", "name"),
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
        ("plan_id", "digest", "model_version_id", "dataset_version_id"),
    ),
    Event("run.requested", "An audit run was requested.", ("run_id", "plan_digest", "seed", "code_version")),
    Event("run.requeued", "An audit run whose worker was lost is queued again.", ("run_id", "attempts")),
    Event("run.cancelled", "An audit run was cancelled.", ("run_id",)),
    Event(
        "run.finished",
        "An audit run ended as {state}.",
        ("run_id", "state", "result_digest", "plan_digest", "attempts", "error"),
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
        "approval.requested",
        "Approval to move to {to} was requested.",
        ("request_id", "model_version_id", "to", "subject_digest", "policy_digest"),
    ),
    Event(
        "approval.voted",
        "A {role} voted: {verdict}.",
        ("request_id", "vote_id", "role", "verdict", "subject_digest"),
        ("comment",),
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
    Event("approval.withdrawn", "An approval request was withdrawn.", ("request_id",), ("reason",)),
    Event(
        "decision.made",
        "The gate answered {verdict} for {environment}.",
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
