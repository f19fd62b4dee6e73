"""Reports: asked for once, written whole or not at all, found again when lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance import tasks
from governance.models import Report, ReportState
from governance.reports.errors import ReportRefused
from governance.services import reports
from registry import blobs, queue
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.models import LedgerEntry, ModelVersion
from tests.cast import Cast
from tests.governance import staging
from tests.make import make_document, make_system, make_version


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    return make_version(cast, make_system(cast))


def ask(cast: Cast, version: ModelVersion, *, by: str = "vera", kind: str = "validation_report") -> Report:
    return reports.request(actor=cast.actor(by), version=version, kind=kind)


def recorded(code: str) -> int:
    return LedgerEntry.objects.filter(event=code).count()


def test_it_works(cast: Cast, version: ModelVersion, printer: None) -> None:
    report = ask(cast, version)
    assert report.state == ReportState.QUEUED
    assert reports.render(str(report.pk))
    report.refresh_from_db()
    assert report.state == ReportState.READY
    assert reports.pdf_path(report).read_bytes() == staging.printed().pdf
    assert blobs.path(cast.acme.pk, report.twin_digest).read_bytes() == staging.printed().twin
    assert (recorded("report.requested"), recorded("report.generated")) == (1, 1)


def test_the_same_facts_are_the_same_report(cast: Cast, version: ModelVersion, printer: None) -> None:
    first = ask(cast, version)
    assert ask(cast, version, by="dev") == first
    reports.render(str(first.pk))
    assert ask(cast, version) == first
    assert recorded("report.requested") == 1


def test_other_facts_are_another_report(cast: Cast, version: ModelVersion, printer: None) -> None:
    first = ask(cast, version)
    make_document(cast, version.model.system)
    assert ask(cast, version) != first


def test_it_is_written_once(cast: Cast, version: ModelVersion, printer: None) -> None:
    report = ask(cast, version)
    assert reports.render(str(report.pk))
    assert not reports.render(str(report.pk))
    assert recorded("report.generated") == 1


def test_facts_that_changed_meanwhile_end_it(cast: Cast, version: ModelVersion, printer: None) -> None:
    report = ask(cast, version)
    make_document(cast, version.model.system)
    reports.render(str(report.pk))
    report.refresh_from_db()
    assert report.state == ReportState.FAILED
    assert "facts changed" in report.error
    with pytest.raises(NotFound, match="not ready"):
        reports.pdf_path(report)


def test_what_cannot_be_printed_fails_with_the_reason(
    cast: Cast, version: ModelVersion, printer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(document: Any) -> Any:
        raise ReportRefused("The report has too many pages.")

    monkeypatch.setattr(reports, "render_in_child", refuse)
    report = ask(cast, version)
    reports.render(str(report.pk))
    report.refresh_from_db()
    assert (report.state, report.error) == (ReportState.FAILED, "The report has too many pages.")
    assert recorded("report.failed") == 1
    assert ask(cast, version).state == ReportState.QUEUED  # it may be asked for again


def test_a_fault_of_ours_is_loud_and_ends_it(
    cast: Cast, version: ModelVersion, printer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "validation_report", lambda dossier: 1 / 0)
    report = ask(cast, version)
    with pytest.raises(ZeroDivisionError):
        reports.render(str(report.pk))
    report.refresh_from_db()
    assert report.state == ReportState.FAILED
    assert "fault in Assay" in report.error


def test_a_lost_worker_is_noticed_and_the_third_is_the_last(
    cast: Cast, version: ModelVersion, printer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(queue, "send", lambda task, report_id: sent.append(report_id))
    report = ask(cast, version)
    for attempt in range(1, 4):
        assert reports._take(str(report.pk)) is not None
        assert reports.sweep() == 0  # its lease still runs
        Report.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert reports.sweep() == 1
        report.refresh_from_db()
        assert report.attempts == attempt
    assert report.state == ReportState.FAILED
    assert sent == [str(report.pk)] * 2


def test_a_message_that_got_lost_is_sent_again(
    cast: Cast, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(queue, "send", lambda task, report_id: sent.append(task))
    ask(cast, version)
    tasks.sweep_reports()
    assert sent == []  # the message is still on its way
    Report.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    tasks.sweep_reports()
    tasks.sweep_reports()
    assert sent == [queue.RENDER_REPORT]


def test_a_worker_that_came_too_late_changes_nothing(
    cast: Cast, version: ModelVersion, printer: None
) -> None:
    report = ask(cast, version)
    late = reports._take(str(report.pk))
    assert late is not None
    Report.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    tasks.render_report(str(report.pk))
    report.refresh_from_db()
    assert report.state == ReportState.READY
    assert not reports._finish(report, late, staging.printed("Another"))
    assert recorded("report.generated") == 1


def test_a_changed_file_is_refused(cast: Cast, version: ModelVersion, printer: None) -> None:
    report = ask(cast, version)
    reports.render(str(report.pk))
    report.refresh_from_db()
    path = blobs.path(cast.acme.pk, report.pdf_digest)
    path.chmod(0o640)
    path.write_bytes(b"%PDF forged")
    with pytest.raises(Conflict) as refused:
        reports.pdf_path(report)
    assert refused.value.code == "artifact.tampered"


def test_an_unknown_kind_names_the_known_ones(cast: Cast, version: ModelVersion) -> None:
    with pytest.raises(Invalid, match="validation_report"):
        ask(cast, version, kind="horoscope")


def test_it_needs_the_permission(cast: Cast, version: ModelVersion) -> None:
    for name in ("aud", "adam", "ci"):
        with pytest.raises(Denied):
            ask(cast, version, by=name)


def test_to_outsiders_it_does_not_exist(cast: Cast, version: ModelVersion) -> None:
    with pytest.raises(NotFound):
        ask(cast, version, by="oscar")
