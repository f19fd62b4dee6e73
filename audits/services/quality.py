"""Data-quality runs: asked for with sealed bars, and ended. The profiling itself is for workers only."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q
from django.db.models.functions import Now

from audits.models import DataQualityRun, RunState
from audits.quality.bars import Bar, BarError, declared
from audits.services import code, endings, runs
from audits.services.endings import Ending
from registry import queue
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Invalid
from registry.ledger import chain, record
from registry.models import DatasetVersion
from registry.services import datasets

SCHEMA: Final = "assay.bars/1"
OPEN: Final = (RunState.QUEUED, RunState.RUNNING)


def request(
    *, actor: Actor, dataset_version: DatasetVersion, bars: Sequence[Mapping[str, Any]] | None = None
) -> DataQualityRun:
    """Ask for a profile of a dataset version against these bars. While one with the same bars is open, it is that one.

    Checks without a bar of their own have the default one: none is ever left out.
    """
    text = chain.canonical(_body(dataset_version, _declared(bars or ()))).decode()
    digest = chain.digest(text.encode())
    with record.transaction():
        check.require(actor, permission(actor, dataset_version), dataset_version)
        DatasetVersion.objects.locked().get(pk=dataset_version.pk)
        rows = DataQualityRun.objects.filter(dataset_version=dataset_version, bars_digest=digest)
        return rows.filter(state__in=OPEN).first() or _queue(actor, dataset_version, text, digest)


def permission(actor: Actor, dataset_version: DatasetVersion) -> str:
    """Whoever may start audits may profile data, and so may whoever registers them."""
    return "run_audit" if "run_audit" in check.held(actor, dataset_version) else "register"


def _declared(bars: Sequence[Mapping[str, Any]]) -> tuple[Bar, ...]:
    try:
        return declared(bars)
    except BarError as error:
        raise Invalid(str(error), errors=[("bars", str(error))], code="bars.invalid") from error


def _body(dataset_version: DatasetVersion, bars: Sequence[Bar]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "dataset_version": str(dataset_version.pk),
        "inputs": {
            "dataset": dataset_version.artifact.digest,
            "columns": datasets.columns_digest(dataset_version),
        },
        "bars": [bar.as_dict() for bar in bars],
        "engine": code.VERSION,
    }


def _queue(actor: Actor, dataset_version: DatasetVersion, text: str, digest: str) -> DataQualityRun:
    run = DataQualityRun.objects.create(
        dataset_version=dataset_version,
        bars=text,
        bars_digest=digest,
        code_version=code.VERSION,
        requested_by=actor.user,
        # For a queued run this is not a lease but the outbox: until then a message is on its way.
        lease_until=Now() + runs.message_is_due(),
    )
    system = dataset_version.dataset.system
    record.event(
        "data_quality.requested",
        organisation_id=system.organisation_id,
        system_id=system.pk,
        subject=run,
        actor=actor,
        run_id=str(run.pk),
        dataset_version_id=str(dataset_version.pk),
        bars_digest=digest,
        code_version=run.code_version,
    )
    queue.enqueue(run.task, run_id=str(run.pk))
    return run


@dataclass(frozen=True)
class Sealed:
    """What was sealed before the run: the bars, and the digests of what is measured."""

    bars: tuple[Bar, ...]
    inputs: Mapping[str, str]


def opened(run: DataQualityRun) -> Sealed:
    """The bars as they were sealed, after proving that they are what was sealed."""
    if chain.digest(run.bars.encode()) != run.bars_digest:
        raise Conflict(
            "The bars were changed after they were sealed. Evidence by them is refused.", code="bars.tampered"
        )
    body = json.loads(run.bars)
    return Sealed(declared(body["bars"]), body["inputs"])


def write(*, run_id: Any, ours: Q, actor: Actor, ending: Ending) -> bool:
    """Write the end of a run in one transaction; False, and nothing written, when the run is not ours any more."""
    text = endings.text_of(ending)
    with record.transaction():
        if not endings.close(DataQualityRun, run_id, ours, ending, text):
            return False
        run = DataQualityRun.objects.select_related(DataQualityRun.governed_path).get(pk=run_id)
        record.event(
            "data_quality.finished",
            organisation_id=run.governed.organisation_id,
            system_id=run.governed.pk,
            subject=run,
            actor=actor,
            run_id=str(run.pk),
            state=str(run.state),
            result_digest=run.result_digest or None,
            bars_digest=run.bars_digest,
            attempts=run.attempts,
            # The code, not the sentence: a sentence may quote a value of the data, and the ledger never forgets.
            error=ending.code,
        )
    return True
