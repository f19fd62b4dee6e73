"""The gate asked at a door: may exactly these bytes go to this environment?"""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance import selectors
from governance.dossier import gather_version
from governance.dossier.columns import moment
from governance.gates import codec
from governance.gates.spec import GateDecision
from governance.models import Decision
from governance.services import asking
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.ledger import record
from registry.models import ModelVersion

MAX_ENVIRONMENT = 40


@dataclass(frozen=True)
class Answer:
    """What the gate says now. `decided_at` is when it was decided, `answered_at` when it was found to hold still."""

    decision_id: uuid.UUID
    artifact_digest: str
    environment: str
    decided: GateDecision
    decided_at: datetime
    answered_at: datetime
    expires_at: datetime


def ask(
    *, actor: Actor, artifact_digest: str, environment: str, system: str = "", model_version: Any = None
) -> Answer:
    """Answer from the newest stored decision while it holds and no fact has changed; else decide afresh.

    Two queries when stored. Bytes registered more than once must be told apart: an allow of the harmless twin would
    otherwise open the door to the other.
    """
    if not environment or len(environment) > MAX_ENVIRONMENT:
        raise Invalid(
            "Name the environment, such as production.", errors=[("environment", "1 to 40 characters")]
        )
    version: Any = _one(actor, artifact_digest, environment, system, model_version)
    if not version.may_ask:
        raise Denied("You may not ask the gate about this version: it needs the permission to ask the gate.")
    stored = _stored(version, environment)
    if stored is not None and stored.expires_at > stored.answered_at:
        return stored
    return _afresh(actor, version, environment)


def _one(actor: Actor, digest: str, environment: str, system: str, version_id: Any) -> ModelVersion:
    found = list(
        selectors.asked_about(
            actor, artifact_digest=digest, environment=environment, system=system, version_id=version_id
        )[:2]
    )
    if not found:
        raise NotFound(
            f"No model version with the digest {digest} exists here.", code="model_version.unknown"
        )
    if len(found) > 1:
        raise Conflict(
            "Several model versions have these bytes. Name the system, or the model version.",
            code="model_version.ambiguous",
        )
    return found[0]


def _stored(version: Any, environment: str) -> Answer | None:
    packed = json.loads(version.stored) if isinstance(version.stored, str) else version.stored
    if packed is None or packed["old"]:
        return None
    return Answer(
        decision_id=uuid.UUID(packed["id"]),
        artifact_digest=version.artifact.digest,
        environment=environment,
        decided=codec.read(GateDecision, packed["outcome"]),
        decided_at=moment(packed["decided_at"]),
        answered_at=version.now,
        expires_at=moment(packed["expires_at"]),
    )


def _afresh(actor: Actor, version: ModelVersion, environment: str) -> Answer:
    gathered = gather_version(version).at_door(environment)
    decided = asking.made(gathered)
    with record.transaction(seen=gathered.head):
        decision = asking.keep(
            actor=actor, system=version.model.system, version=version, gathered=gathered, decided=decided
        )
    return answer_of(decision, decided)


def answer_of(decision: Decision, decided: GateDecision) -> Answer:
    """A decision just made, as an answer."""
    return Answer(
        decision_id=decision.pk,
        artifact_digest=decision.artifact_digest,
        environment=decision.environment,
        decided=decided,
        decided_at=decision.decided_at,
        answered_at=decision.decided_at,
        expires_at=decision.expires_at,
    )
