"""What the one statement reads about how evidence came to be."""

from django.db.models import Q

from audits.models import AuditRun
from audits.services import endings, leases, plans, reproductions, runs
from governance.dossier import gather_version
from governance.gates import evidence
from registry.actors import Actor
from registry.models import ModelVersion
from registry.stages import Role
from tests.cast import Cast, grant
from tests.governance import staging
from tests.make import make_version


def end(run: AuditRun, **verdicts: str) -> None:
    """A queued run to its end."""
    assert leases.take(str(run.pk)) is not None
    ending = endings.of_outcome(staging.outcome(verdicts))
    assert endings.write(run_id=run.pk, ours=Q(), actor=Actor.system("worker"), ending=ending)


def numbers(version: ModelVersion) -> list[int]:
    return sorted(run.attempt for run in gather_version(version).dossier.runs)


def test_attempts_count_over_all_versions_whatever_came_out(cast: Cast) -> None:
    system = staging.ready_system(cast)
    first, second = (staging.at_validation(cast, system, name) for name in ("1", "2"))
    staging.measure(cast, first, favourable_impact_ratio="failed")
    staging.measure(cast, first, seed=8)
    stopped = runs.request(actor=cast.actor("vera"), plan=AuditRun.objects.all()[0].plan, seed=9)
    assert leases.take(str(stopped.pk)) is not None
    runs.cancel(actor=cast.actor("vera"), run=stopped)
    never = runs.request(actor=cast.actor("vera"), plan=stopped.plan, seed=10)
    runs.cancel(actor=cast.actor("vera"), run=never)
    staging.measure(cast, second)
    assert (numbers(first), numbers(second)) == ([1, 2], [4])


def test_making_a_run_again_is_no_attempt_but_a_fact(cast: Cast) -> None:
    grant(cast, "rita", Role.VALIDATOR)
    version = staging.at_validation(cast)
    run = staging.measure(cast, version)
    end(reproductions.request(actor=cast.actor("rita"), run=run))
    dossier = gather_version(version).dossier
    (row,) = dossier.reproductions
    assert (row.original, row.matched, row.by) == (str(run.pk), True, str(cast.rita.pk))
    assert evidence.counted(dossier)[0].id == str(run.pk)
    assert evidence.assurance(dossier, evidence.counted(dossier)[0]).level == "reproduced"
    assert sorted(one.attempt for one in dossier.runs) == [0, 1]
    staging.measure(cast, version, seed=5)
    assert numbers(version) == [0, 1, 2]


def test_one_that_came_out_otherwise_is_a_mismatch(cast: Cast) -> None:
    grant(cast, "rita", Role.VALIDATOR)
    version = staging.at_validation(cast)
    run = staging.measure(cast, version)
    end(reproductions.request(actor=cast.actor("rita"), run=run), favourable_impact_ratio="failed")
    dossier = gather_version(version).dossier
    assert not dossier.reproductions[0].matched
    assert evidence.counted(dossier)[0].state == "failed"


def test_a_thousand_tries_leave_a_thousand_and_one_traces(cast: Cast) -> None:
    version = staging.at_validation(cast)
    staging.measure(cast, version, favourable_impact_ratio="failed")
    for seed in range(1, 9):
        staging.measure(cast, version, seed=seed)
    dossier = gather_version(version).dossier
    (counted,) = evidence.counted(dossier)
    assert (counted.state, evidence.attempts(dossier)) == ("failed", 9)
    assert numbers(version) == list(range(1, 10))


def test_another_version_in_production_is_the_champion_with_its_counted_results(cast: Cast) -> None:
    system = staging.ready_system(cast)
    champion = staging.at_validation(cast, system, "1")
    run = staging.measure(cast, champion)
    staging.measure(cast, champion, seed=3)
    challenger = make_version(cast, system, "2")
    assert gather_version(challenger).dossier.champions == ()
    ModelVersion.objects.filter(pk=champion.pk).update(stage="production")
    (row,) = gather_version(challenger).dossier.champions
    assert (row.version, row.name, row.results) == (str(champion.pk), "1", (run.result_digest,))
    assert gather_version(champion).dossier.champions == ()


def test_a_plan_carries_its_seed_its_dataset_and_what_became_of_it(cast: Cast) -> None:
    version = staging.at_validation(cast)
    plans.seal(
        actor=cast.actor("vera"),
        model_version=version,
        dataset_version=staging.snapshot_of(version.model.system),
        seed=17,
    )
    (plan,) = gather_version(version).dossier.plans
    assert (plan.seed, plan.dataset, plan.deviation) == (17, "applications", "")
