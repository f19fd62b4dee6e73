"""The gate asked at a door: may exactly these bytes go to this environment?"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NoReturn

from governance.dossier import gather_version
from governance.dossier.asked import Asked, asked_about
from governance.dossier.columns import moment
from governance.gates import codec
from governance.gates.spec import GateDecision
from governance.models import Decision
from governance.services import asking
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.ledger import record
from registry.models import Model, ModelVersion, System

MAX_ENVIRONMENT = 40


@dataclass(frozen=True)
class Answer:
    """What the gate says now. `decided_at` is when it was decided, `answered_at` when it was found to hold still."""

    decision_id: uuid.UUID
    artifact_digest: str
    dossier_digest: str  # of the facts it was decided from
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
    asked = _one(actor, artifact_digest, environment, system, model_version)
    if not asked.may_ask:
        _refuse(actor, asked)
    stored = _stored(asked, environment)
    if stored is not None and stored.expires_at > stored.answered_at:
        return stored
    return _afresh(actor, asked, environment)


def _refuse(actor: Actor, asked: Asked) -> NoReturn:
    version = ModelVersion.objects.select_related("model__system").get(pk=asked.version_id)
    with record.attempt():
        raise Denied(
            "You may not ask the gate about this version: it needs the permission to ask the gate.",
            by=actor,
            on=version,
            permission="ask_gate",
        )


def _one(actor: Actor, digest: str, environment: str, system: str, version_id: Any) -> Asked:
    found = asked_about(
        actor, artifact_digest=digest, environment=environment, system=system, version_id=version_id
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


def _stored(asked: Asked, environment: str) -> Answer | None:
    packed = asked.stored
    if packed is None or packed["old"]:
        return None
    return Answer(
        decision_id=uuid.UUID(packed["id"]),
        artifact_digest=asked.artifact_digest,
        dossier_digest=packed["dossier_digest"],
        environment=environment,
        decided=_read(packed["outcome"]),
        decided_at=moment(packed["decided_at"]),
        answered_at=asked.now,
        expires_at=moment(packed["expires_at"]),
    )


@lru_cache(maxsize=256)
def _read(outcome: str) -> GateDecision:
    """A stored decision never changes, and pipelines ask about the same few again and again."""
    return codec.read(GateDecision, outcome)


def _afresh(actor: Actor, asked: Asked, environment: str) -> Answer:
    # The facts are read anew in one statement of their own; of these rows only the keys are needed.
    system = System(pk=asked.system_id, organisation_id=asked.organisation_id)
    version = ModelVersion(pk=asked.version_id, model=Model(system=system))
    gathered = gather_version(version).at_door(environment)
    decided = asking.made(gathered)
    with record.transaction(seen=gathered.head):
        decision = asking.keep(
            actor=actor, system=system, version=version, gathered=gathered, decided=decided
        )
    return answer_of(decision, decided)


def answer_of(decision: Decision, decided: GateDecision) -> Answer:
    """A decision just made, as an answer."""
    return Answer(
        decision_id=decision.pk,
        artifact_digest=decision.artifact_digest,
        dossier_digest=decision.dossier_digest,
        environment=decision.environment,
        decided=decided,
        decided_at=decision.decided_at,
        answered_at=decision.decided_at,
        expires_at=decision.expires_at,
    )
