"""What the report tells of how evidence came to be: attempts, runs made again, plans loosened after results."""

from audits.models import Deviation
from audits.services import plans, reproductions
from governance.dossier import gather_version
from governance.models import VoteVerdict
from governance.reports.build import validation_report
from governance.reports.codec import from_json, to_json
from governance.reports.values import State
from governance.services import deviations
from registry.stages import Role
from tests.cast import Cast, grant
from tests.governance import staging
from tests.governance.test_assurance_facts import end


def test_attempts_are_counted_and_the_level_is_named(cast: Cast) -> None:
    grant(cast, "rita", Role.VALIDATOR)
    version = staging.at_validation(cast)
    staging.measure(cast, version, favourable_impact_ratio="insufficient")
    run = staging.measure(cast, version, seed=4, favourable_impact_ratio="failed")
    end(reproductions.request(actor=cast.actor("rita"), run=run), favourable_impact_ratio="failed")
    facts = {fact.label: fact for fact in validation_report(gather_version(version).dossier).independence}
    attempts = facts["Attempts on applications 1 up to the audit that counts, over all versions"]
    assert attempts.number is not None
    assert attempts.number.value == 2
    assert facts["Assurance of the audit on applications 1"].text == "reproduced, made again by Rita"
    assert "made from data that it was measured on" in facts["Test data"].text


def test_a_loosened_plan_is_printed_whatever_became_of_it(cast: Cast) -> None:
    grant(cast, "rita", Role.VALIDATOR)
    version = staging.at_validation(cast)
    staging.measure(cast, version)
    assert validation_report(gather_version(version).dossier).loosened == ()
    plans.seal(
        actor=cast.actor("dev"),
        model_version=version,
        dataset_version=staging.snapshot_of(version.model.system),
        checks=[staging.CHECKS[0], {**staging.CHECKS[1], "threshold": 0.7}],
        reason="Another product.",
    )
    (waiting,) = validation_report(gather_version(version).dossier).loosened
    assert (waiting.state, waiting.sealed_by, waiting.said) == (State.WAITING, "Dev", ())
    assert waiting.rows.text == "bar of “Impact ratio by sex”: >= 0.8 → >= 0.7"
    deviation = Deviation.objects.get()
    for name in ("rita", "cora"):
        deviations.vote(
            actor=cast.actor(name),
            deviation=deviation,
            verdict=VoteVerdict.APPROVE,
            digest=deviation.digest,
            comment="I read why.",
        )
    report = validation_report(gather_version(version).dossier)
    (accepted,) = report.loosened
    assert accepted.state is State.PASSED
    assert [said.text for said in accepted.said] == [
        "Rita (validator) accepted it: I read why.",
        "Cora (compliance officer) accepted it: I read why.",
    ]
    assert to_json(from_json(to_json(report))) == to_json(report)
