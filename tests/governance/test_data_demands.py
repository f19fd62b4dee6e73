"""G2 and G3 through the real services: a system moves on when its data are shown to be good enough."""

import json
from typing import Any

import pytest

from audits.models import DataQualityRun, RunState
from audits.services import leases, profiling, quality
from governance.dossier import gather_system, gather_version
from governance.gates.spec import Dossier
from governance.models import Decision
from governance.services import asking, transitions
from registry.errors import GateRefused
from registry.models import DatasetVersion, SchemaLock, System
from registry.services import outlines, schemas
from tests.cast import Cast
from tests.governance.staging import put_into_force
from tests.make import make_dataset_version, make_document, make_system, make_version

POLICY = """
schema: assay.policy/1
name: Data first
tier: high
transitions:
  - subject: system
    from: problem_definition
    to: data_sourcing
    requirements:
      - documents: {kinds: [processing_record, dataset_datasheet], complete: true}
      - data_quality: {within_days: 90}
      - schema_locked: {}
      - features_documented: {}
      - proxy_review: {above: 0.3}
"""
COLUMNS = [
    {"name": "sex", "role": "sensitive", "type": "text"},
    {"name": "income", "role": "feature", "type": "number"},
    {"name": "title", "role": "feature", "type": "text"},
    {"name": "repaid", "role": "label", "type": "text"},
]
RECORD = dict.fromkeys(outlines.SECTIONS["processing_record"], "Said.")
DATASHEET = dict.fromkeys(outlines.SECTIONS["dataset_datasheet"], "Said.")
FEATURES = {"income": "Yearly, in euro.", "title": "Mr or Mrs, from the form."}


@pytest.fixture(autouse=True)
def no_heartbeat(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """A thread would have a database connection of its own, which does not see this test's transaction."""
    monkeypatch.setattr(leases, "BEAT_SECONDS", 3_600.0)
    settings.ASSAY_RUN_LEASE_SECONDS = 4 * 3_600


@pytest.fixture
def system(cast: Cast) -> System:
    """A system under a policy that asks for data first."""
    put_into_force(cast, POLICY)
    return make_system(cast)


def data(*more: str) -> bytes:
    """The title tells the sex."""
    rows = [f"{'FM'[i % 2]},{i},{('Mrs', 'Mr')[i % 2]},{i // 2 % 2}" for i in range(200)]
    return "\n".join(["sex,income,title,repaid", *rows, *more, ""]).encode()


def snapshot_of(cast: Cast, system: System, *more: str, **kwargs: Any) -> DatasetVersion:
    return make_dataset_version(cast, system, data(*more), columns=COLUMNS, **kwargs)


def profiled(cast: Cast, snapshot: DatasetVersion, **kwargs: Any) -> DataQualityRun:
    run = quality.request(actor=cast.actor("stew"), dataset_version=snapshot, **kwargs)
    profiling.profile(str(run.pk))
    run.refresh_from_db()
    return run


def decided_on(cast: Cast, system: System, *, by: str = "rita", decision: str = "keep") -> None:
    """A proxy review of the title."""
    entry = {"decision": decision, "reason": "It is never shown to the model's users."}
    make_document(cast, system, "proxy_review", by=by, content={"decisions": {"title": entry}})


def sound(cast: Cast, system: System) -> DatasetVersion:
    """Everything that the policy asks for."""
    snapshot = snapshot_of(cast, system)
    assert profiled(cast, snapshot).state == RunState.PASSED
    schemas.lock(actor=cast.actor("stew"), dataset=snapshot.dataset)
    make_document(cast, system, "processing_record", by="cora", content=RECORD)
    make_document(cast, system, "dataset_datasheet", by="stew", content=DATASHEET)
    make_document(cast, system, "feature_documentation", content={"features": FEATURES})
    decided_on(cast, system)
    return snapshot


def move(cast: Cast, system: System) -> System:
    return transitions.request_system(actor=cast.actor("dev"), system=system, to="data_sourcing")


def refused(cast: Cast, system: System) -> dict[str, str]:
    """What stands in the way, by code."""
    with pytest.raises(GateRefused) as error:
        move(cast, system)
    return {row["code"]: row["sentence"] for row in error.value.findings if row["state"] != "met"}


def facts_of(system: System) -> Dossier:
    return gather_system(system).dossier


def test_good_data_open_the_gate(cast: Cast, system: System) -> None:
    sound(cast, system)
    assert move(cast, system).stage == "data_sourcing"


def test_without_anything_every_line_is_red(cast: Cast, system: System) -> None:
    assert set(refused(cast, system)) == {
        "documents.processing_record",
        "documents.dataset_datasheet",
        "data_quality",
        "schema_locked",
        "features_documented",
        "proxy_review",
    }


def test_a_new_version_must_be_shown_to_be_good_again(cast: Cast, system: System) -> None:
    snapshot = sound(cast, system)
    bad = snapshot_of(cast, system, "F,many,Mrs,1", version="2")
    assert (
        refused(cast, system)["data_quality.applications"]
        == "The quality of applications 2 was not measured."
    )
    assert profiled(cast, bad).state == RunState.FAILED
    found = refused(cast, system)
    assert "income" in found["data_quality.applications.type_disagreement_share"]
    assert found["proxy_review.applications"] == "The proxy review is older than applications 2."
    assert snapshot.dataset.versions.count() == 2


def test_loosening_the_bars_of_a_run_opens_nothing(cast: Cast, system: System) -> None:
    snapshot = sound(cast, system)
    profiled(cast, snapshot, bars=[{"check": "missing_share", "at_most": "1"}])
    assert set(refused(cast, system)) == {"data_quality.applications.missing_share"}
    profiled(cast, snapshot)
    assert move(cast, system).stage == "data_sourcing"


def test_a_released_lock_closes_the_gate(cast: Cast, system: System) -> None:
    snapshot = sound(cast, system)
    assert [dataset.schema_locked for dataset in facts_of(system).datasets] == [True]
    SchemaLock.objects.update(released_at="2026-01-01T00:00:00Z")
    assert set(refused(cast, system)) == {"schema_locked.applications"}
    assert snapshot.dataset.schema_locks.count() == 1


def test_a_result_that_was_touched_is_no_evidence(cast: Cast, system: System) -> None:
    sound(cast, system)
    run = DataQualityRun.objects.get()
    DataQualityRun.objects.update(result=run.result.replace('"failed"', '"passed"').replace("0.1", "0.0"))
    assert "no longer has the digest" in refused(cast, system)["data_quality.applications"]


def test_who_describes_the_features_does_not_review_them(cast: Cast, system: System) -> None:
    sound(cast, system)
    decided_on(cast, system, by="dev")
    assert set(refused(cast, system)) == {"proxy_review.applications"}


def test_the_facts_say_what_was_measured(cast: Cast, system: System) -> None:
    sound(cast, system)
    (run,) = facts_of(system).quality
    assert (run.intact, run.state, len(run.checks)) == (True, "passed", 10)
    told = {found.feature: (found.sensitive, found.value) for found in run.associations}
    assert told["title"] == ("sex", "1.0")
    (dataset,) = facts_of(system).datasets
    assert (dataset.features, dataset.sensitive) == (("income", "title"), ("sex",))


def test_of_a_version_what_it_was_made_from_counts(cast: Cast, system: System) -> None:
    old = sound(cast, system)
    new = snapshot_of(cast, system, "F,999,Mrs,0", version="2")
    version = make_version(cast, system, dataset_versions=[old], training={"features": ["income", "title"]})
    profiled(cast, new)
    dossier = gather_version(version).dossier
    assert [run.dataset_version for run in dossier.quality] == [str(old.pk)]
    assert dossier.version is not None
    assert dossier.version.features == ("income", "title")


def test_the_facts_take_one_query_however_much_was_measured(
    cast: Cast, system: System, django_assert_num_queries: Any
) -> None:
    snapshot = sound(cast, system)
    for _ in range(3):
        profiled(cast, snapshot)
    with django_assert_num_queries(1):
        assert len(facts_of(system).quality) == 1
    version = make_version(cast, system, dataset_versions=[snapshot])
    with django_assert_num_queries(1):
        assert len(gather_version(version).dossier.quality) == 1


def test_decisions_on_data_are_decided_again_alike(cast: Cast, system: System) -> None:
    refused(cast, system)
    sound(cast, system)
    move(cast, system)
    assert Decision.objects.count() == 2
    for decision in Decision.objects.all():
        assert asking.replay(decision) == decision.outcome
        assert json.loads(decision.dossier)["schema"]
