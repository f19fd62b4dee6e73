"""How a run ends: its state, its sealed result, its rows, its ledger entry — all of them or none."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from audits.models import AuditRun, CheckResult, LeasedRun, Measurement, RunState
from audits.services import reproductions, runs
from registry.actors import Actor
from registry.ledger import chain, record

BATCH = 1_000
REASON_LENGTH = 300


@dataclass(frozen=True)
class Ending:
    """What came out of a run: the outcome as JSON, or a stable code and a sentence that say why there is none."""

    state: RunState
    outcome: Mapping[str, Any] | None = None
    code: str | None = None
    sentence: str = ""


def errored(code: str, sentence: str) -> Ending:
    """The run could not be measured at all."""
    return Ending(RunState.ERRORED, code=code, sentence=sentence)


def of_outcome(outcome: Mapping[str, Any]) -> Ending:
    """The ending that the outcome of an audit deserves; only checks that all passed make a passed run."""
    if refused := outcome["refused"]:
        return Ending(RunState.ERRORED, outcome, refused["code"], located(refused))
    verdicts = Counter(str(check["verdict"]) for check in outcome["checks"])
    if unknown := set(verdicts) - {"passed", "failed", "insufficient", "errored"}:
        raise ValueError(f"unknown verdicts {sorted(unknown)}")
    if verdicts["failed"]:
        return Ending(RunState.FAILED, outcome)
    if verdicts["insufficient"] or verdicts["errored"] or not verdicts["passed"]:
        return Ending(RunState.INSUFFICIENT, outcome)
    return Ending(RunState.PASSED, outcome)


def located(refused: Mapping[str, Any]) -> str:
    """A refusal's sentence with its line and column, where it names them and the sentence does not."""
    places = [f"{name} {refused[name]}" for name in ("line", "column") if refused.get(name) is not None]
    missing = [place for place in places if place.casefold() not in refused["message"].casefold()]
    return f"{refused['message']} ({', '.join(missing)})" if missing else str(refused["message"])


def write(*, run_id: Any, ours: Q, actor: Actor, ending: Ending) -> bool:
    """Write the end of a run in one transaction; False, and nothing written, when the run is not ours any more."""
    text = text_of(ending)
    with record.transaction():
        if not close(AuditRun, run_id, ours, ending, text):
            return False
        run = AuditRun.objects.select_related("plan__model_version__model__system", "reproduces").get(
            pk=run_id
        )
        if ending.outcome is not None:
            _keep_rows(run, ending.outcome)
        _record(actor, run, ending)
        reproductions.compared(run, actor)
    return True


def text_of(ending: Ending) -> str:
    """The sealed outcome, or nothing where there is none; made before the transaction, because it may be long."""
    return sealed(ending.outcome) if ending.outcome is not None else ""


def close(kind: type[LeasedRun], run_id: Any, ours: Q, ending: Ending, text: str) -> bool:
    """Write the end into the row by one conditional update, in the running transaction; False when it is not ours."""
    still = kind._default_manager.filter(ours, pk=run_id, state__in=runs.before(ending.state))
    ended = still.update(
        state=ending.state,
        step="Finished",
        progress=100,
        lease_holder="",
        lease_until=None,
        finished_at=Now(),
        error=ending.sentence,
        result=text,
        result_digest=chain.digest(text.encode()) if text else "",
    )
    return bool(ended)


def sealed(outcome: Mapping[str, Any]) -> str:
    """The outcome as canonical JSON text; numbers with a fraction become decimal strings, and none is infinite."""
    return chain.canonical(chain.exact(outcome)).decode()


def _keep_rows(run: AuditRun, outcome: Mapping[str, Any]) -> None:
    Measurement.objects.bulk_create(_measurements(run, outcome["measurements"]), batch_size=BATCH)
    CheckResult.objects.bulk_create(
        [
            CheckResult(
                run=run,
                name=row["name"],
                verdict=row["verdict"],
                sentence=row["sentence"],
                body=chain.exact(row, row["name"]),
            )
            for row in outcome["checks"]
        ],
        batch_size=BATCH,
    )


def _measurements(run: AuditRun, rows: Iterable[Mapping[str, Any]]) -> list[Measurement]:
    return [
        Measurement(
            run=run,
            code=row["code"],
            slice=dict(row["slice"]),
            value=row["value"],
            reason=(row["reason"] or "")[:REASON_LENGTH],
            low=row["low"],
            high=row["high"],
            n=row["n"],
        )
        for row in rows
    ]


def _record(actor: Actor, run: AuditRun, ending: Ending) -> None:
    system = run.plan.model_version.model.system
    record.event(
        "run.finished",
        organisation_id=system.organisation_id,
        system_id=system.pk,
        subject=run,
        actor=actor,
        run_id=str(run.pk),
        state=str(run.state),
        result_digest=run.result_digest or None,
        plan_digest=run.plan.digest,
        attempts=run.attempts,
        # The code, not the sentence: a sentence may quote a value of the data, and the ledger never forgets.
        error=ending.code,
    )
