"""Reports: asked for, written by a worker under a lease, there as a whole or not at all."""

import io
import os
import socket
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Now

from governance import lifecycle
from governance.dossier import Gathered, gather_version
from governance.gates import subject
from governance.gates.requirements.reported import REPORTS
from governance.gates.spec import Step
from governance.models import Report, ReportState
from governance.reports import codec
from governance.reports.build import validation_report
from governance.reports.cage import Limits
from governance.reports.isolated import RenderedReport, render_in_child
from registry import blobs, queue
from registry.access import check
from registry.actors import Actor
from registry.errors import AssayError, Conflict, Invalid, NotFound
from registry.ledger import record
from registry.models import ModelVersion
from registry.stages import VersionStage

MAX_ATTEMPTS: Final = 3
# A validation report is written for the step it is asked for at.
STEP: Final = Step(lifecycle.MODEL_VERSION, str(VersionStage.COMPLIANCE), str(VersionStage.PRODUCTION))


def request(*, actor: Actor, version: ModelVersion, kind: str) -> Report:
    """Ask for the report on the facts as they are now; on the same facts it is the same report."""
    if kind not in REPORTS:
        raise Invalid(f"Reports are: {', '.join(REPORTS)}.", errors=[("kind", "unknown kind of report")])
    with record.transaction():
        check.require(actor, "generate_report", version)
        version = ModelVersion.objects.locked().select_related("model__system").get(pk=version.pk)
        basis = subject.basis_digest(_facts(version).dossier)
        report, created = Report.objects.get_or_create(
            model_version=version,
            kind=kind,
            basis_digest=basis,
            defaults={"requested_by": actor.user, "lease_until": Now() + _message_is_due()},
        )
        if created or report.state == ReportState.FAILED:
            _queue(actor, report)
    report.refresh_from_db()
    return report


def _queue(actor: Actor, report: Report) -> None:
    Report.objects.filter(pk=report.pk).update(
        state=ReportState.QUEUED, attempts=0, error="", lease_until=Now() + _message_is_due()
    )
    _record("report.requested", actor, report, basis_digest=report.basis_digest)
    queue.enqueue(queue.RENDER_REPORT, report_id=str(report.pk))


def render(report_id: str) -> bool:
    """Write one report; False when another worker has it or it is done."""
    holder = _take(report_id)
    if holder is None:
        return False
    report = Report.objects.select_related("model_version__model__system").get(pk=report_id)
    try:
        printed = _printed(report)
    except AssayError as error:
        return _fail(report, holder, error.code, error.message)
    except Exception:
        _fail(report, holder, "report.fault", "The report could not be written because of a fault in Assay.")
        raise
    return _finish(report, holder, printed)


def _printed(report: Report) -> RenderedReport:
    gathered = _facts(report.model_version)
    if subject.basis_digest(gathered.dossier) != report.basis_digest:
        raise Conflict(
            "The facts changed before the report was written. Generate it again.", code="report.overtaken"
        )
    return render_in_child(codec.to_json(validation_report(gathered.dossier)))


def _facts(version: ModelVersion) -> Gathered:
    return gather_version(version).about(STEP)


def _take(report_id: str) -> str | None:
    """Take a queued or abandoned report by one conditional update."""
    holder = f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
    free = Q(state=ReportState.QUEUED) | _lost()
    # No heartbeat: the child that prints is killed long before this lease runs out.
    length = timedelta(seconds=Limits().wall_seconds + settings.ASSAY_RUN_LEASE_SECONDS)
    taken = Report.objects.filter(free, pk=report_id, attempts__lt=MAX_ATTEMPTS).update(
        state=ReportState.RUNNING, attempts=F("attempts") + 1, lease_holder=holder, lease_until=Now() + length
    )
    return holder if taken else None


def _lost() -> Q:
    return Q(state=ReportState.RUNNING, lease_until__lt=Now())


def _finish(report: Report, holder: str, printed: RenderedReport) -> bool:
    organisation_id = report.model_version.model.system.organisation_id
    pdf = blobs.put(organisation_id, io.BytesIO(printed.pdf), expected=printed.pdf_digest)
    twin = blobs.put(organisation_id, io.BytesIO(printed.twin), expected=printed.twin_digest)
    with record.transaction():
        ours = Report.objects.filter(pk=report.pk, state=ReportState.RUNNING, lease_holder=holder).update(
            state=ReportState.READY,
            document=printed.twin.decode(),
            pdf_digest=pdf.digest,
            twin_digest=twin.digest,
            lease_holder="",
            lease_until=None,
            finished_at=Now(),
        )
        if ours:
            _record(
                "report.generated",
                Actor.system("worker"),
                report,
                basis_digest=report.basis_digest,
                pdf_digest=pdf.digest,
                twin_digest=twin.digest,
            )
    return bool(ours)


def _fail(report: Report, holder: str, code: str, sentence: str) -> bool:
    with record.transaction():
        ours = Report.objects.filter(pk=report.pk, state=ReportState.RUNNING, lease_holder=holder).update(
            state=ReportState.FAILED, error=sentence, lease_holder="", lease_until=None, finished_at=Now()
        )
        if ours:
            # The code, not the sentence: a sentence may quote what people wrote, and the ledger never forgets.
            _record("report.failed", Actor.system("worker"), report, error=code)
    return bool(ours)


def sweep() -> int:
    """Send again what no worker has, and end what no worker can finish; how many reports were touched."""
    touched = 0
    for report in Report.objects.filter(_lost()).select_related("model_version__model__system"):
        if report.attempts >= MAX_ATTEMPTS:
            touched += _fail(
                report, report.lease_holder, "report.worker_lost", "The worker was lost three times."
            )
        else:
            touched += _send_again(Q(pk=report.pk) & _lost(), str(report.pk))
    late = Q(state=ReportState.QUEUED) & (Q(lease_until__lt=Now()) | Q(lease_until=None))
    for pk in Report.objects.filter(late).values_list("pk", flat=True):
        touched += _send_again(Q(pk=pk) & late, str(pk))
    return touched


def _send_again(due: Q, report_id: str) -> bool:
    """Queue a report and send its message, unless another sweeper did so just now."""
    queued = Report.objects.filter(due).update(
        state=ReportState.QUEUED, lease_holder="", lease_until=Now() + _message_is_due()
    )
    if queued:
        queue.send(queue.RENDER_REPORT, report_id=report_id)
    return bool(queued)


def pdf_path(report: Report) -> Path:
    """The file of a report that is ready, after proving that its bytes are those that were recorded."""
    if report.state != ReportState.READY:
        raise NotFound(
            f"This report is not ready: {report.get_state_display().lower()}. {report.error}".strip(),
            code="report.not_ready",
        )
    if not report.document:
        raise NotFound(
            "This report was erased, because it named a person who was erased. Its digest stands in the log."
            " Generate it again.",
            code="report.erased",
        )
    return blobs.verified_path(report.model_version.model.system.organisation_id, report.pdf_digest)


def _message_is_due() -> timedelta:
    """How long a queued report trusts that its message is on the way."""
    return timedelta(seconds=settings.ASSAY_RUN_LEASE_SECONDS)


def _record(code: str, actor: Actor, report: Report, **payload: object) -> None:
    system = report.model_version.model.system
    record.event(
        code,
        organisation_id=system.organisation_id,
        system_id=system.pk,
        subject=report,
        actor=actor,
        report_id=str(report.pk),
        kind=report.kind,
        **payload,
    )
