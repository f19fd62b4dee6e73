"""How evidence came to be: locked criteria, loosened plans, attempts, runs made again, data the model has seen."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.gates import codec, deviations, evidence, lineage, subject
from governance.gates.levels import LEVELS, reaches
from governance.gates.requirements.checks import ChecksPassed
from governance.gates.requirements.measured import REPRODUCE, EvidencePresent
from governance.gates.spec import (
    DeviationFacts,
    DeviationVoteFacts,
    Dossier,
    Finding,
    PlanFacts,
    ReproductionFacts,
    RunFacts,
    State,
)
from tests.governance.gates import facts

LOOSENED = DeviationFacts(
    "dev-1", "plan-1", "plan-2", facts.digest("dev-1"), "open", "sam", ("bar of “x”: >= 0.8 → >= 0.7",)
)
SEALED = PlanFacts("plan-1", facts.digest("plan"), "data-2", "vera", facts.ago(days=7), 0, "test")
LOOSER = PlanFacts(
    "plan-2", facts.digest("plan-2"), "data-2", "sam", facts.ago(days=4), 0, "test", deviation="open"
)


def dossier(*runs: RunFacts, **changes: Any) -> Dossier:
    return replace(facts.bare(), **{"plans": (SEALED,), "runs": runs or (facts.run(),), **changes})


def checks(of: Dossier, **demand: Any) -> dict[str, Finding]:
    found = ChecksPassed.of({"all": True, **demand}).findings(of)
    return {finding.code: finding for finding in found}


# --- the seed is locked ---


def test_a_run_with_another_seed_than_the_sealed_one_opens_nothing() -> None:
    found = checks(dossier(facts.run(seed=1)))
    line = found[f"checks.plan.{SEALED.digest[7:19]}"]
    assert (line.state, "exploratory" in line.sentence) == (State.OPEN, True)
    (evidence_line,) = EvidencePresent("bias").findings(dossier(facts.run(seed=1)))
    assert (evidence_line.state, "exploratory" in evidence_line.sentence) == (State.OPEN, True)
    assert all(line.met for line in checks(dossier(facts.run(seed=0))).values())


def test_a_failure_on_another_seed_still_counts() -> None:
    planned = facts.run(id="planned")
    failed = facts.run(id="other", seed=1, state="failed", finished_at=facts.ago(days=1))
    assert evidence.counted(dossier(planned, failed)) == (failed,)


def test_beside_an_equally_good_exploratory_run_the_planned_one_speaks() -> None:
    planned = facts.run(id="planned")
    exploratory = facts.run(id="other", seed=1, finished_at=facts.ago(days=1))
    assert evidence.counted(dossier(planned, exploratory)) == (planned,)


def test_plans_of_the_time_before_seeds_bind_to_none() -> None:
    old = replace(SEALED, seed=None)
    assert evidence.locked(dossier(plans=(old,)), facts.run(seed=7))


# --- loosened plans ---


def loosened(*runs: RunFacts, votes: tuple[DeviationVoteFacts, ...] = (), state: str = "open") -> Dossier:
    return dossier(
        *runs,
        plans=(SEALED, replace(LOOSER, deviation=state)),
        deviations=(replace(LOOSENED, state=state),),
        deviation_votes=votes,
    )


def vote(voter: str, role: str, **changes: Any) -> DeviationVoteFacts:
    row = DeviationVoteFacts("dev-1", voter, role, "approve", LOOSENED.digest, facts.ago(days=1), True)
    return replace(row, **changes)


ACCEPTED = (vote("val", "validator"), vote("cora", "compliance_officer"))
FIRST = facts.run(id="first")
SECOND = facts.run(
    id="second", plan="plan-2", requested_at=facts.ago(days=3), finished_at=facts.ago(days=2), starter="sam"
)
LINE = f"checks.deviation.{LOOSENED.digest[7:19]}"


def test_until_it_is_accepted_the_earlier_plan_counts() -> None:
    waiting = loosened(FIRST, SECOND)
    assert evidence.current_plans(waiting) == (SEALED,)
    assert evidence.counted(waiting) == (FIRST,)
    line = checks(waiting)[LINE]
    assert (line.state, "waits for acceptance" in line.sentence) == (State.MET, True)
    assert "bar of “x”: >= 0.8 → >= 0.7" in line.sentence


def test_a_failure_that_was_loosened_away_stays_one() -> None:
    failed = replace(FIRST, state="failed", checks=(facts.check(verdict="failed"),))
    found = checks(loosened(failed, SECOND))
    assert found["checks.Impact ratio by sex"].state is State.OPEN


def test_without_an_earlier_plan_of_this_version_nothing_counts() -> None:
    alone = dossier(SECOND, plans=(LOOSER,), deviations=(LOOSENED,))
    line = checks(alone)[LINE]
    assert (line.state, line.owner_role) == (State.OPEN, "validator")
    assert "1 validator and 1 compliance officer" in line.clears


def test_a_failure_on_the_looser_plan_counts_all_the_same() -> None:
    failed = replace(SECOND, state="failed", checks=(facts.check(verdict="failed"),))
    assert checks(loosened(FIRST, failed))[LINE].state is State.OPEN


def test_accepted_by_two_who_had_no_part_it_counts() -> None:
    accepted = loosened(FIRST, SECOND, votes=ACCEPTED, state="accepted")
    assert evidence.counted(accepted) == (SECOND,)
    assert checks(accepted)[LINE].state is State.MET
    assert deviations.of_current(accepted)[0].id == "dev-1"


def test_refused_it_never_counts() -> None:
    refused = loosened(FIRST, SECOND, votes=ACCEPTED, state="refused")
    assert evidence.counted(refused) == (FIRST,)
    assert "refused" in checks(refused)[LINE].sentence


@pytest.mark.parametrize(
    "votes",
    [
        (),
        ACCEPTED[:1],
        (vote("val", "validator"), vote("val", "compliance_officer")),
        (vote("sam", "validator"), ACCEPTED[1]),
        (vote("dev", "validator"), ACCEPTED[1]),
        (vote("vera", "validator"), ACCEPTED[1]),
        (replace(ACCEPTED[0], digest=facts.digest("other")), ACCEPTED[1]),
        (replace(ACCEPTED[0], entitled=False), ACCEPTED[1]),
        (*ACCEPTED, vote("rita", "validator", verdict="reject")),
    ],
    ids=["none", "one", "twice", "sealer", "author", "starter", "digest", "left", "against"],
)
def test_a_state_without_the_votes_behind_it_is_not_enough(votes: tuple[DeviationVoteFacts, ...]) -> None:
    tampered = loosened(FIRST, SECOND, votes=votes, state="accepted")
    assert checks(tampered)[LINE].state is State.OPEN


def test_a_policy_may_ask_for_other_people() -> None:
    accepted = loosened(FIRST, SECOND, votes=ACCEPTED, state="accepted")
    more = {"of": [{"role": "validator"}, {"role": "compliance_officer"}, {"role": "approver"}]}
    assert checks(accepted, deviations=more)[LINE].state is State.OPEN
    assert checks(accepted, deviations={"of": [{"role": "validator"}]})[LINE].met


def test_a_plan_on_another_dataset_does_not_replace() -> None:
    other = replace(
        SEALED, id="plan-3", dataset_version="data-1", dataset="train", sealed_at=facts.ago(days=1)
    )
    assert evidence.current_plans(dossier(plans=(SEALED, other))) == (SEALED, other)
    newer = replace(other, dataset="test")
    assert evidence.current_plans(dossier(plans=(SEALED, newer))) == (newer,)


# --- attempts ---


@pytest.mark.parametrize(
    ("attempt", "state"), [(1, State.MET), (5, State.MET), (6, State.INSUFFICIENT), (0, State.INSUFFICIENT)]
)
def test_beyond_the_budget_a_pass_is_not_enough(attempt: int, state: State) -> None:
    line = checks(dossier(facts.run(attempt=attempt)), attempts=5)[f"checks.attempts.{SEALED.digest[7:19]}"]
    assert line.state is state
    assert f"attempt {attempt} on this test set" in line.sentence
    assert "fresh, unseen" in line.clears or line.met


def test_a_failure_beyond_the_budget_stays_a_failure() -> None:
    run = facts.run(attempt=9, state="failed", checks=(facts.check(verdict="failed"),))
    assert checks(dossier(run), attempts=5)["checks.Impact ratio by sex"].state is State.OPEN


# --- data that the model has seen ---


@pytest.mark.parametrize("seen", ["by name", "by bytes", "not"])
def test_a_test_set_that_the_model_was_made_from_shows_nothing(seen: str) -> None:
    train, test = facts.bare().datasets
    if seen == "by name":
        test = replace(test, pinned=True)
    elif seen == "by bytes":
        train = replace(train, digest=test.digest)
    of = dossier(datasets=(train, test))
    line = checks(of, unseen=True)[f"checks.unseen.{SEALED.digest[7:19]}"]
    assert line.state is (State.MET if seen == "not" else State.INSUFFICIENT)


# --- made again ---


def again(by: str = "rita", **changes: Any) -> ReproductionFacts:
    return replace(ReproductionFacts("run-1", "again-1", True, True, by, 0, facts.ago(days=1)), **changes)


def level(of: Dossier, wanted: str = "reproduced") -> Finding:
    (found,) = EvidencePresent("bias", wanted).findings(of)
    return found


def test_made_again_by_somebody_else_it_is_reproduced() -> None:
    assert level(dossier(reproductions=(again(),))).met
    assert level(dossier(reproductions=(again(),)), "measured").met


def test_without_it_is_only_measured() -> None:
    found = level(dossier())
    assert (found.state, found.clears) == (State.OPEN, REPRODUCE)
    assert level(dossier(), "measured").met


@pytest.mark.parametrize("who", ["vera", "dev", "stew"])
def test_nobody_confirms_their_own_work(who: str) -> None:
    assert level(dossier(reproductions=(again(who),))).state is State.OPEN


def test_one_mismatch_is_not_outweighed_by_matches() -> None:
    found = level(dossier(reproductions=(again(), again(rerun="again-2", matched=False, differences=3))))
    assert (found.state, "came out otherwise" in found.sentence) == (State.INSUFFICIENT, True)
    assert level(dossier(reproductions=(again(matched=False),)), "measured").met


def test_a_reproduction_of_another_run_says_nothing() -> None:
    assert level(dossier(reproductions=(again(original="run-9"),))).state is State.OPEN


def test_the_second_run_does_not_stand_in_for_the_original_unless_it_is_worse() -> None:
    second = facts.run(id="again-1", reproduces="run-1", finished_at=facts.ago(days=1), starter="rita")
    assert evidence.counted(dossier(facts.run(), second)) == (facts.run(),)
    failed = replace(second, state="failed")
    assert evidence.counted(dossier(facts.run(), failed)) == (failed,)
    errored = replace(second, state="errored", checks=())
    assert evidence.counted(dossier(facts.run(), errored)) == (facts.run(),)
    newer = replace(second, code_version="2")
    assert evidence.counted(dossier(facts.run(), newer)) == (facts.run(),)


def test_levels_are_ordered_and_what_is_unknown_reaches_nothing() -> None:
    for place, wanted in enumerate(LEVELS):
        assert [reaches(one, wanted) for one in LEVELS] == [at >= place for at in range(len(LEVELS))]
    assert not reaches("proven", "attested")
    uploaded = dossier(facts.run(level="uploaded"), reproductions=(again(),))
    assert (level(uploaded, "uploaded").met, level(uploaded, "measured").met) == (True, False)


# --- what is told ---


def test_a_report_is_about_deviations_reproductions_and_attempts_too() -> None:
    digests = {
        subject.basis_digest(of)
        for of in (
            dossier(),
            dossier(facts.run(attempt=2)),
            dossier(reproductions=(again(),)),
            dossier(deviations=(LOOSENED,)),
        )
    }
    assert len(digests) == 4


def test_what_was_stored_before_reads_as_it_was() -> None:
    assert "reproductions" not in codec.plain(facts.bare())
    assert "attempt" not in codec.plain(facts.run())
    assert codec.read(Dossier, codec.canonical(dossier(reproductions=(again(),)))) == dossier(
        reproductions=(again(),)
    )


def test_the_words_of_lineage_know_sealer_and_starter() -> None:
    assert lineage.excluded(dossier(), ("run_starter",))["vera"].startswith("planned or started")


RUNS = st.lists(
    st.builds(
        facts.run,
        id=st.uuids().map(str),
        seed=st.sampled_from([0, 1]),
        state=st.sampled_from(["passed", "failed", "insufficient", "errored"]),
        finished_at=st.integers(0, 5).map(lambda hours: facts.ago(hours=hours)),
        reproduces=st.sampled_from(["", "run-1"]),
        code_version=st.sampled_from(["1", "2"]),
    ),
    max_size=6,
    unique_by=lambda run: run.id,
)


@settings(max_examples=300, deadline=None)
@given(runs=RUNS)
def test_one_try_more_never_undoes_a_failure_by_the_same_code(runs: list[RunFacts]) -> None:
    failed = facts.run(id="zz-failed", state="failed", finished_at=facts.NOW - timedelta(days=1))
    same_code = [replace(run, code_version="1") for run in runs]
    (counted,) = evidence.counted(dossier(failed, *same_code))
    assert counted.state == "failed"


@settings(max_examples=300, deadline=None)
@given(runs=RUNS)
def test_what_passes_was_planned(runs: list[RunFacts]) -> None:
    of = dossier(*runs, facts.run(id="x", state="errored", checks=()))
    found = checks(of)
    if all(line.met for line in found.values()):
        (run,) = evidence.counted(of)
        assert (run.seed, run.state) == (0, "passed")
