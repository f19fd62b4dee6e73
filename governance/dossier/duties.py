"""Facts about what the law makes of a system: which rows are read, and what they say.

The framework files are read here, once for each process, and what of them concerns the system goes into the dossier:
a stored decision needs no file to be made again.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from governance.classification.questions import questionnaire
from governance.classification.tier import Classification as Result
from governance.dossier.columns import branch, identifier, moment, person, text, truth
from governance.frameworks.applying import Applying, Profile, reduced
from governance.gates import codec
from governance.gates.duties import ClassificationFacts, FrameworkFacts, ObligationFacts, SignedFacts
from governance.models import Classification, ClassificationState, ObligationDecision
from registry.ledger import chain
from registry.models import RoleGrant, System

Row = Sequence[str]
_CONCERNED = (ClassificationState.IN_FORCE, ClassificationState.PROPOSED)


def branches(system: System, grants: QuerySet[RoleGrant]) -> Iterator[QuerySet[Any, Any]]:
    """The branches of the statement; `grants` are the roles of active people on the system."""
    rows = Classification.objects.filter(system=system, state__in=_CONCERNED)
    yield branch(
        rows,
        "classification",
        "pk",
        "number",
        "state",
        "tier",
        "answers_digest",
        "answers",
        "rules_digest",
        "result",
        text(person("answered_by")),
        "answered_at",
        text(person("decided_by")),
    )
    newer = ObligationDecision.objects.filter(
        system=OuterRef("system"), obligation=OuterRef("obligation"), number__gt=OuterRef("number")
    )
    still = grants.filter(membership__user_id=OuterRef("decided_by_id"), role=OuterRef("role"))
    yield branch(
        ObligationDecision.objects.filter(~Exists(newer), system=system),
        "signed",
        "obligation",
        "state",
        "basis_digest",
        text(person("decided_by")),
        "role",
        "decided_at",
        truth(Exists(still)),
    )


def classifications(rows: Iterable[Row]) -> tuple[ClassificationFacts, ...]:
    """What is in force and what waits, by number."""
    return tuple(sorted((_classification(row) for row in rows), key=lambda found: found.number))


def _classification(row: Row) -> ClassificationFacts:
    pk, number, state, tier, digest, answers, rules, result, answerer, answered_at, confirmer, *_ = row
    found = codec.read(Result, result)
    return ClassificationFacts(
        id=identifier(pk),
        number=int(number),
        state=state,
        tier=tier,
        answers_digest=digest,
        intact=chain.digest(answers.encode()) == digest and found.tier == tier,
        rules_digest=rules,
        rules_now=questionnaire().digest,
        answerer=identifier(answerer),
        answered_at=moment(answered_at),
        confirmer=identifier(confirmer),
        worse_from=_midnight(date.fromisoformat(found.changes_on)) if found.changes_on else None,
        in_scope=found.in_scope,
    )


def frameworks(identifiers: Iterable[str], rows: Iterable[Row]) -> tuple[FrameworkFacts, ...]:
    """Of each framework what concerns a system with this classification in force."""
    profile = next((_profile(row[7]) for row in rows if row[2] == ClassificationState.IN_FORCE), None)
    return tuple(_framework(one, profile) for one in sorted(set(identifiers)))


@lru_cache(maxsize=1024)
def _profile(result: str) -> Profile:
    found = json.loads(result)
    words = {key: tuple(found[key]) for key in ("roles", "risks", "routes", "triggers")}
    return Profile(in_scope=found["in_scope"], **words)


@lru_cache(maxsize=512)
def _framework(one: str, profile: Profile | None) -> FrameworkFacts:
    found = reduced(one, profile)
    framework = found.framework
    return FrameworkFacts(
        id=framework.id,
        name=framework.name,
        version=framework.version,
        digest=framework.digest,
        checked_on=framework.checked_on.isoformat(),
        settled=found.settled,
        obligations=tuple(_obligation(applying) for applying in found.applying),
        others=found.others,
    )


def _obligation(applying: Applying) -> ObligationFacts:
    one, start = applying.obligation, applying.start
    return ObligationFacts(
        id=one.id,
        title=one.title,
        level=one.level,
        evidence=one.evidence,
        digest=one.digest,
        conditional=applying.conditional,
        applies_from=_midnight(start) if start else None,
    )


def signed(rows: Iterable[Row]) -> tuple[SignedFacts, ...]:
    """The last word on each obligation."""
    return tuple(sorted(map(_signed, rows), key=lambda found: found.obligation))


def _signed(row: Row) -> SignedFacts:
    obligation, state, basis, signer, role, at, entitled, *_ = row
    return SignedFacts(obligation, state, basis, identifier(signer), role, moment(at), bool(entitled))


def _midnight(day: date) -> datetime:
    """When a day begins: at midnight UTC, like every time in Assay."""
    return datetime.combine(day, time.min, UTC)
