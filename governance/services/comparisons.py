"""The comparison of a version with the one in production: shown, and acknowledged by somebody independent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from audits.checks.comparison import Compared, compare
from audits.models import AuditRun, Measurement
from governance.dossier import Gathered, gather_version
from governance.gates import champions, evidence, lineage
from governance.gates.spec import ChampionFacts
from governance.models import ComparisonAcknowledgement
from registry.access import check
from registry.actors import Actor
from registry.errors import AssayError, Conflict, Denied, Invalid, NotFound
from registry.ledger import record
from registry.models import ModelVersion

MAX_COMMENT: Final = 5000
_EXCLUDED: Final = "You cannot acknowledge this: you {}. Someone independent has to."


@dataclass(frozen=True)
class Comparison:
    """Two results side by side, what an acknowledgement of them signs, and who has given one."""

    champion: ModelVersion
    digest: str
    champion_runs: tuple[AuditRun, ...]
    candidate_runs: tuple[AuditRun, ...]
    rows: tuple[Compared, ...]
    acknowledgements: tuple[ComparisonAcknowledgement, ...]
    why_not: str

    @property
    def same_data(self) -> bool:
        """Whether both were measured on the same bytes; otherwise differences tell of the data too."""
        return self._data(self.champion_runs) == self._data(self.candidate_runs)

    @staticmethod
    def _data(runs: Sequence[AuditRun]) -> set[str]:
        return {run.plan.dataset_version.artifact.digest for run in runs}

    @property
    def complete(self) -> bool:
        """Whether there are two results to compare."""
        return bool(self.champion_runs and self.candidate_runs)


def of_version(actor: Actor, version: ModelVersion) -> list[Comparison]:
    """The comparison with each version that is in production; the caller has found the version visible."""
    gathered = gather_version(version)
    return [_comparison(actor, version, gathered, champion) for champion in gathered.dossier.champions]


def acknowledge(
    *, actor: Actor, version: ModelVersion, champion_id: Any, digest: str, comment: str = ""
) -> ComparisonAcknowledgement:
    """Say that one has read how exactly these results compare. The same again is the one that is there."""
    comment = comment.strip()
    if len(comment) > MAX_COMMENT:
        raise Invalid(f"A comment has at most {MAX_COMMENT} characters.", errors=[("comment", "too long")])
    with record.transaction():
        locked = ModelVersion.objects.locked().select_related("model__system").get(pk=version.pk)
        record.hold(locked.model.system.organisation_id)
        gathered = gather_version(locked)
        champion = _checked(actor, locked, gathered, champion_id, digest)
        barred = _barred(actor, gathered)
        if not barred:
            return _keep(actor, locked, champion, digest, comment)
        _record("comparison.refused", actor, locked, locked, digest=digest, why=barred)
    refusal = Denied(_EXCLUDED.format(lineage.to_you(barred)), code="comparison.excluded")
    refusal.recorded = True
    raise refusal


def _checked(
    actor: Actor, version: ModelVersion, gathered: Gathered, champion_id: Any, digest: str
) -> ChampionFacts:
    check.require(actor, "vote", version)
    if actor.kind != "person":
        raise Denied("Comparisons are read by people.", code="approval.not_a_person")
    champion = next((one for one in gathered.dossier.champions if one.version == str(champion_id)), None)
    if champion is None:
        raise NotFound("There is no such version in production to compare with.")
    if not champion.results or not champions.results(gathered.dossier):
        raise Conflict("There are no two results to compare yet.", code="comparison.incomplete")
    if digest != champions.digest(gathered.dossier, champion):
        raise Conflict(
            "What you read is not how they compare now. Read it again, then acknowledge it.",
            code="comparison.stale",
        )
    return champion


def _barred(actor: Actor, gathered: Gathered) -> str:
    return lineage.excluded(gathered.dossier, champions.EXCLUDED).get(actor.person_id, "")


def _keep(
    actor: Actor, version: ModelVersion, champion: ChampionFacts, digest: str, comment: str
) -> ComparisonAcknowledgement:
    there = ComparisonAcknowledgement.objects.filter(
        model_version=version, digest=digest, acknowledged_by=actor.user
    ).first()
    if there is not None:
        return there
    made = ComparisonAcknowledgement.objects.create(
        model_version=version,
        champion_id=champion.version,
        digest=digest,
        comment=comment,
        acknowledged_by=actor.user,
    )
    _record(
        "comparison.acknowledged",
        actor,
        version,
        made,
        acknowledgement_id=str(made.pk),
        champion_id=champion.version,
        digest=digest,
        comment=comment,
    )
    return made


def _comparison(
    actor: Actor, version: ModelVersion, gathered: Gathered, champion: ChampionFacts
) -> Comparison:
    digest = champions.digest(gathered.dossier, champion)
    theirs = _runs(plan__model_version=champion.version, result_digest__in=champion.results)
    counted = [run.id for run in evidence.counted(gathered.dossier) if run.result_digest]
    ours = _runs(pk__in=counted)
    given = ComparisonAcknowledgement.objects.filter(model_version=version, digest=digest)
    return Comparison(
        champion=ModelVersion.objects.select_related("model").get(pk=champion.version),
        digest=digest,
        champion_runs=theirs,
        candidate_runs=ours,
        rows=compare(_measured(theirs), _measured(ours)),
        acknowledgements=tuple(given.select_related("acknowledged_by")),
        why_not=_why_not(actor, version, gathered, champion, digest),
    )


def _why_not(
    actor: Actor, version: ModelVersion, gathered: Gathered, champion: ChampionFacts, digest: str
) -> str:
    try:
        _checked(actor, version, gathered, champion.version, digest)
    except AssayError as error:
        return error.message
    barred = _barred(actor, gathered)
    return _EXCLUDED.format(lineage.to_you(barred)) if barred else ""


def _runs(**which: Any) -> tuple[AuditRun, ...]:
    """These runs, each result once: the original before the runs that made it again, which may be the same bytes."""
    rows = AuditRun.objects.filter(**which).select_related(
        "plan__dataset_version__dataset", "plan__dataset_version__artifact"
    )
    found: dict[str, AuditRun] = {}
    for run in rows.defer("result", "plan__body").order_by("requested_at", "pk"):
        if run.result_digest not in found or found[run.result_digest].reproduces_id is not None:
            found[run.result_digest] = run
    return tuple(found.values())


def _measured(runs: Sequence[AuditRun]) -> list[Measurement]:
    return list(Measurement.objects.filter(run__in=runs).order_by("pk"))


def _record(event: str, actor: Actor, version: ModelVersion, subject: Any, **payload: object) -> None:
    system = version.model.system
    record.event(
        event,
        organisation_id=system.organisation_id,
        system_id=system.pk,
        subject=subject,
        actor=actor,
        model_version_id=str(version.pk),
        **payload,
    )
