"""What was set aside stands in every later report, and a report from before it is stale."""

import pytest

from governance.dossier import gather_version
from governance.gates import subject
from governance.models import ReviewOutcome
from governance.reports import codec
from governance.reports.build import validation_report
from governance.reports.document import ReportDocument
from governance.services import break_glass, waivers
from governance.services.reports import STEP
from registry.models import ModelVersion
from tests.cast import Cast
from tests.governance import exceptional as given
from tests.governance import staging


def told(version: ModelVersion) -> ReportDocument:
    """The report as it would be written now."""
    return validation_report(gather_version(version).about(STEP).dossier)


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """A version with one failed check."""
    return given.failed(cast)


def test_without_any_it_says_that_there_is_none(version: ModelVersion) -> None:
    assert told(version).waivers == ()


def test_a_waiver_is_printed_with_who_and_why_and_until_when(cast: Cast, version: ModelVersion) -> None:
    waiver = given.approve(cast, given.ask(cast, version))
    report = told(version)
    [line] = report.waivers
    assert line.requirement == "Check: Impact ratio by sex (the step compliance→production)"
    assert "The next version corrects it. Instead: Every refusal" in line.reason.text
    assert (line.requested_by, line.granted_by, line.emergency) == ("Dev", ("Vera (validator)",), False)
    assert line.valid_until == waiver.expires_at
    cited = next(entry for entry in report.evidence if entry.id == line.reason.evidence[0])
    assert cited.digest == waiver.digest
    assert "1 requirements are waived for a time" in " ".join(point.text for point in report.summary.points)
    assert any(f.severity == "waived for a time" for f in report.findings)
    twin = codec.to_json(report)
    assert codec.to_json(codec.from_json(twin)) == twin


def test_a_revoked_one_stays_in_print(cast: Cast, version: ModelVersion) -> None:
    waiver = given.approve(cast, given.ask(cast, version))
    waivers.revoke(actor=cast.actor("dev"), waiver=waiver, reason="Corrected.")
    [line] = told(version).waivers
    assert "Revoked: Corrected." in line.reason.text
    assert line.valid_until < waiver.expires_at


def test_an_emergency_stands_in_the_reports_of_every_version_of_the_system(
    cast: Cast, version: ModelVersion
) -> None:
    release = given.emergency(cast, version)
    other = given.failed(cast, version.model.system, "2")
    [line] = told(other).waivers
    assert line.emergency
    assert str(version) in line.requirement
    assert "It was not reviewed yet." in line.reason.text
    break_glass.end(actor=cast.actor("adam"), release=release, reason="Over.")
    break_glass.review(
        actor=cast.actor("cora"), release=release, outcome=ReviewOutcome.NOT_JUSTIFIED, words="It could wait."
    )
    assert "It was not justified, says Cora: It could wait." in told(other).waivers[0].reason.text


def test_open_issues_are_printed_with_their_owner(cast: Cast, version: ModelVersion) -> None:
    given.issue(cast, version.model.system, description="Under ten rows.")
    [line] = [finding for finding in told(version).findings if finding.number.startswith("I-")]
    assert (line.severity, line.owner) == ("high", "Dev")
    assert line.sentence.text == "Finding: Groups of fewer than ten. Under ten rows."


def test_a_report_from_before_is_stale(cast: Cast, version: ModelVersion, printer: None) -> None:
    def basis() -> str:
        return subject.basis_digest(gather_version(version).about(STEP).dossier)

    staging.report(cast, version)
    seen = [basis()]
    for change in (
        lambda: given.approve(cast, given.ask(cast, version)),
        lambda: given.emergency(cast, version),
        lambda: given.issue(cast, version.model.system),
    ):
        change()
        seen.append(basis())
    assert len(set(seen)) == 4
