"""What the report tells of a signature: on whose behalf, on which conditions, and that it was taken back."""

from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from governance.dossier import gather_version
from governance.models import Condition, VoteVerdict
from governance.reports.build import validation_report
from governance.reports.codec import from_json, to_json
from governance.reports.document import ReportDocument
from governance.reports.records import Approval
from governance.reports.values import State
from governance.services import approvals, delegations, reports
from governance.services.conditions import Term
from registry.models import ModelVersion
from registry.stages import Role
from tests.cast import Cast
from tests.governance import staging

WEEK = timedelta(days=7)


def report(version: ModelVersion) -> ReportDocument:
    return validation_report(gather_version(version).about(reports.STEP).dossier)


def signature(version: ModelVersion, name: str) -> Approval:
    document = report(version)
    assert to_json(from_json(to_json(document))) == to_json(document)
    (found,) = [one for one in document.approvals if one.name == name]
    return found


def test_a_condition_is_printed_with_its_owner_and_how_it_stands(cast: Cast) -> None:
    version, due = staging.at_compliance(cast), timezone.now().date() + WEEK
    terms = [Term("Watch the drop-out rate.", cast.dev, due)]
    staging.vote(cast, staging.ask(cast, version), "vera", terms=terms)
    told = signature(version, "Vera")
    assert (told.state, told.notes) == (
        State.WAIVED,
        (f"Condition for Dev by {due}, open: Watch the drop-out rate.",),
    )
    opinion = report(version).opinion
    assert opinion is not None
    assert (opinion.words, opinion.state) == ("Approve with conditions.", State.WAIVED)

    Condition.objects.update(due_at=F("due_at") - 2 * WEEK)
    told = signature(version, "Vera")
    assert told.state is State.ERRORED
    assert "lapsed, so the approval does not count" in told.notes[0]


def test_an_approval_that_was_taken_back_is_not_printed_as_one(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    vote = staging.vote(cast, staging.ask(cast, version), "vera")
    assert signature(version, "Vera").state is State.PASSED
    approvals.withdraw_vote(actor=cast.actor("vera"), vote=vote, reason="The data were not those.")
    told = signature(version, "Vera")
    assert told.state is State.ERRORED
    assert told.notes == (f"Taken back on {timezone.now().date()}: The data were not those.",)
    document = report(version)
    assert document.opinion is None
    assert not document.signed


def test_whose_voice_it_was_is_printed(cast: Cast) -> None:
    version, today = staging.at_compliance(cast), timezone.now().date()
    lent = delegations.give(
        actor=cast.actor("vera"), organisation=cast.acme, system=None, delegate=cast.rita, role=Role.VALIDATOR,
        reason="On leave.", starts_on=today, ends_on=today + WEEK,
    )  # fmt: skip
    request = staging.ask(cast, version)
    staging.vote(cast, request, "rita", role=Role.VALIDATOR, delegation=lent)
    assert signature(version, "Rita").notes == ("On behalf of Vera.",)


def test_changes_that_were_asked_for_are_no_rejection(cast: Cast) -> None:
    version = staging.at_compliance(cast)
    staging.vote(cast, staging.ask(cast, version), "vera", VoteVerdict.REQUEST_CHANGES)
    told = signature(version, "Vera")
    assert (told.state, told.notes) == (State.FAILED, ("Asked for changes.",))
    opinion = report(version).opinion
    assert opinion is not None
    assert opinion.words == "Change something first."
