"""Making a run again: by whom, from what, and what is said about it afterwards."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from audits.models import AuditRun, Reproduction, RunState
from audits.services import execution, reproductions, runs
from registry import blobs
from registry.errors import Conflict, Denied, NotFound
from registry.models import LedgerEntry
from registry.services import people
from registry.stages import Role
from tests.audits.runs import FakeEngine, ended, make_plan, make_run, row
from tests.cast import Cast, grant


@pytest.fixture
def run(cast: Cast, engine: FakeEngine) -> AuditRun:
    """A run that Dev planned and started, and that passed."""
    return ended(cast, make_plan(cast))


def again(cast: Cast, run: AuditRun, by: str = "vera") -> AuditRun:
    """The run made again, to its end."""
    rerun = reproductions.request(actor=cast.actor(by), run=run)
    execution.execute(str(rerun.pk))
    rerun.refresh_from_db()
    return rerun


def told(event: str) -> list[dict[str, Any]]:
    return [json.loads(bytes(e.body))["data"] for e in LedgerEntry.objects.filter(event=event)]


def test_it_works(cast: Cast, run: AuditRun) -> None:
    rerun = again(cast, run)
    assert rerun.pk != run.pk
    assert (rerun.plan, rerun.seed, rerun.code_version) == (run.plan, run.seed, run.code_version)
    assert (rerun.reproduces, rerun.exploratory) == (run, False)
    found = Reproduction.objects.get()
    assert (found.original, found.rerun, found.matched, found.same_digest) == (run, rerun, True, True)
    assert (found.differences, found.tolerance["absolute"]) == ([], "1e-09")
    assert told("run.reproduced")[0]["original_result_digest"] == run.result_digest
    assert told("reproduction.requested")[0]["original_run_id"] == str(run.pk)


def test_asking_for_the_run_again_is_not_reproducing_it(cast: Cast, run: AuditRun) -> None:
    again(cast, run)
    assert runs.request(actor=cast.actor("vera"), plan=run.plan) == run


def test_while_one_is_under_way_it_is_the_answer(cast: Cast, run: AuditRun) -> None:
    first = reproductions.request(actor=cast.actor("vera"), run=run)
    assert reproductions.request(actor=cast.actor("vera"), run=run) == first
    execution.execute(str(first.pk))
    assert reproductions.request(actor=cast.actor("vera"), run=run) != first


def changed(**values: Any) -> Mapping[str, Any]:
    """A result that differs in its first measurement."""
    return {
        "measurements": [
            {**row("accuracy", 0.9), **values},
            row("impact_ratio", 0.85, sex="F"),
            row("auc", None),
        ]
    }


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"value": 0.9001}, "value of accuracy"),
        ({"low": 0.8}, "low of accuracy"),
        ({"high": None}, "high of accuracy"),
        ({"n": 99}, "rows of accuracy"),
        ({"code": "precision"}, "accuracy"),
    ],
)
def test_another_number_is_a_mismatch(
    cast: Cast, run: AuditRun, engine: FakeEngine, values: dict[str, Any], what: str
) -> None:
    engine.more = changed(**values)
    again(cast, run)
    found = Reproduction.objects.get()
    assert (found.matched, found.same_digest) == (False, False)
    assert what in {difference["what"] for difference in found.differences}
    (event,) = told("run.not_reproduced")
    assert event["differences"] == found.difference_count >= 1


def test_another_verdict_is_a_mismatch(cast: Cast, run: AuditRun, engine: FakeEngine) -> None:
    engine.verdicts = {"accuracy": "insufficient", "impact ratio by sex": "passed"}
    again(cast, run)
    (difference,) = Reproduction.objects.get().differences
    assert difference == {"what": "verdict of “accuracy”", "original": "passed", "again": "insufficient"}


def test_within_the_sealed_tolerance_it_is_the_same(cast: Cast, engine: FakeEngine) -> None:
    run = ended(cast, make_plan(cast, tolerance={"absolute": 0.001}))
    engine.more = changed(value=0.9009)
    again(cast, run)
    found = Reproduction.objects.get()
    assert (found.matched, found.same_digest) == (True, False)


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("dev", "started it"),
        ("stew", "registered the test data"),
        ("olga", "may not do this"),
        ("aud", "may not do this"),
    ],
)
def test_nobody_confirms_their_own_work(cast: Cast, run: AuditRun, who: str, why: str) -> None:
    if who in {"dev", "stew"}:
        grant(cast, who, Role.VALIDATOR)
    with pytest.raises(Denied, match=why):
        reproductions.request(actor=cast.actor(who), run=run)
    assert AuditRun.objects.count() == 1
    assert len(told("reproduction.refused")) == (who in {"dev", "stew"})


def test_a_service_account_is_the_person_behind_it(cast: Cast, run: AuditRun) -> None:
    people.grant_role(actor=cast.actor("olga"), organisation=cast.acme, user=cast.ci, role=Role.VALIDATOR)
    with pytest.raises(Denied, match="started it"):
        reproductions.request(actor=cast.actor("ci"), run=run)


def test_a_pipeline_of_somebody_who_is_no_validator_may_not(cast: Cast, run: AuditRun) -> None:
    cast.ci.responsible = cast.rita
    cast.ci.save()
    with pytest.raises(Denied, match="no validator"):
        reproductions.request(actor=cast.actor("ci"), run=run)


def test_to_outsiders_the_run_does_not_exist(cast: Cast, run: AuditRun) -> None:
    with pytest.raises(NotFound):
        reproductions.request(actor=cast.actor("oscar"), run=run)


def test_only_results_are_reproduced_and_only_originals(
    cast: Cast, engine: FakeEngine, run: AuditRun
) -> None:
    rerun = again(cast, run)
    with pytest.raises(Conflict, match="reproduces another"):
        reproductions.request(actor=cast.actor("vera"), run=rerun)
    queued = make_run(cast, plan=run.plan, seed=4)
    with pytest.raises(Conflict, match="no result"):
        reproductions.request(actor=cast.actor("vera"), run=queued)


def swapped(cast: Cast, run: AuditRun) -> None:
    """The stored bytes of the dataset, exchanged behind Assay's back."""
    path = blobs.path(cast.acme.pk, run.plan.dataset_version.artifact.digest)
    path.chmod(0o600)
    path.write_bytes(b"sex,income,repaid,prediction\nF,1,1,1\n")


def test_bytes_swapped_after_sealing_never_pass(cast: Cast, engine: FakeEngine) -> None:
    run = make_run(cast)
    swapped(cast, run)
    execution.execute(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.result) == (RunState.ERRORED, "")
    assert engine.calls == []


def test_bytes_swapped_before_a_reproduction_reproduce_nothing(cast: Cast, run: AuditRun) -> None:
    swapped(cast, run)
    assert again(cast, run).state == RunState.ERRORED
    assert not Reproduction.objects.exists()


def test_bytes_swapped_while_measuring_are_noticed(cast: Cast, engine: FakeEngine) -> None:
    run = make_run(cast)
    engine.instead = lambda **_: swapped(cast, run)
    execution.execute(str(run.pk))
    run.refresh_from_db()
    assert (run.state, run.result) == (RunState.ERRORED, "")
