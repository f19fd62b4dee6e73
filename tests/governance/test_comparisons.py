"""A version beside the one in production, read by somebody independent."""

from typing import Any

import pytest

from audits.models import AuditRun
from audits.services import reproductions
from governance.dossier import gather_version
from governance.gates.requirements.champion import ChampionCompared
from governance.models import ComparisonAcknowledgement
from governance.services import comparisons
from registry.actors import Actor
from registry.errors import AssayError, Conflict, Denied, NotFound
from registry.models import LedgerEntry, ModelVersion
from registry.services import members
from registry.stages import Role
from tests.calls import api
from tests.cast import Cast, grant
from tests.governance import staging
from tests.governance.test_assurance_facts import end


@pytest.fixture
def champion(cast: Cast) -> ModelVersion:
    """A version in production with a result."""
    version = staging.at_validation(cast)
    staging.measure(cast, version)
    ModelVersion.objects.filter(pk=version.pk).update(stage="production")
    return version


@pytest.fixture
def version(cast: Cast, champion: ModelVersion) -> ModelVersion:
    """The one that wants to follow it, measured too."""
    version = staging.at_validation(cast, champion.model.system, "2")
    staging.measure(cast, version)
    return version


def read(cast: Cast, version: ModelVersion, by: str, **kwargs: Any) -> ComparisonAcknowledgement:
    (shown,) = comparisons.of_version(cast.actor(by), version)
    defaults = {"champion_id": shown.champion.pk, "digest": shown.digest, "comment": "Alike."}
    return comparisons.acknowledge(actor=cast.actor(by), version=version, **{**defaults, **kwargs})


def met(version: ModelVersion) -> bool:
    (finding,) = ChampionCompared.of({}).findings(gather_version(version).dossier)
    return finding.met


def test_it_works(cast: Cast, version: ModelVersion) -> None:
    (shown,) = comparisons.of_version(cast.actor("vera"), version)
    assert (shown.complete, shown.same_data, shown.why_not) == (True, True, "")
    assert {row.change for row in shown.rows} == {"same"}
    assert not met(version)
    made = read(cast, version, "vera")
    assert read(cast, version, "vera") == made
    assert met(version)
    assert LedgerEntry.objects.filter(event="comparison.acknowledged").count() == 1


def test_another_result_is_another_comparison(cast: Cast, version: ModelVersion) -> None:
    (shown,) = comparisons.of_version(cast.actor("vera"), version)
    read(cast, version, "vera")
    staging.measure(cast, version, seed=3, favourable_impact_ratio="failed")
    assert not met(version)
    with pytest.raises(Conflict, match="Read it again"):
        read(cast, version, "vera", digest=shown.digest)


def test_a_run_made_again_that_came_out_worse_is_what_is_compared(cast: Cast, champion: ModelVersion) -> None:
    grant(cast, "rita", Role.VALIDATOR)
    run = AuditRun.objects.get()
    end(reproductions.request(actor=cast.actor("rita"), run=run))
    version = staging.at_validation(cast, champion.model.system, "2")
    staging.measure(cast, version)
    (shown,) = comparisons.of_version(cast.actor("vera"), version)
    assert shown.champion_runs == (run,)
    end(reproductions.request(actor=cast.actor("rita"), run=run), favourable_impact_ratio="failed")
    (shown,) = comparisons.of_version(cast.actor("vera"), version)
    assert (shown.complete, shown.champion_runs[0].state) == (True, "failed")


def test_nobody_acknowledges_their_own(cast: Cast, version: ModelVersion) -> None:
    grant(cast, "dev", Role.VALIDATOR)
    with pytest.raises(Denied, match="registered this version") as refused:
        read(cast, version, "dev")
    assert refused.value.recorded
    assert LedgerEntry.objects.filter(event="comparison.refused").count() == 1
    members.link(actor=Actor.system("operator"), account=cast.rita, person=cast.dev)
    cast.rita.refresh_from_db()
    with pytest.raises(Denied, match="registered this version"):
        read(cast, version, "rita")
    assert not ComparisonAcknowledgement.objects.exists()


@pytest.mark.parametrize(
    ("who", "kind"),
    [("aud", Denied), ("stew", Denied), ("ci", Denied), ("oscar", NotFound), ("root", NotFound)],
)
def test_others_may_not(cast: Cast, version: ModelVersion, who: str, kind: type[AssayError]) -> None:
    (shown,) = comparisons.of_version(cast.actor("vera"), version)
    with pytest.raises(kind):
        comparisons.acknowledge(
            actor=cast.actor(who), version=version, champion_id=shown.champion.pk, digest=shown.digest
        )
    assert not ComparisonAcknowledgement.objects.exists()


def test_a_version_that_is_not_in_production_is_nobodys_champion(cast: Cast, version: ModelVersion) -> None:
    with pytest.raises(NotFound):
        read(cast, version, "vera", champion_id=version.pk)


def test_the_first_version_has_none(cast: Cast) -> None:
    first = staging.at_validation(cast)
    assert comparisons.of_version(cast.actor("vera"), first) == []
    assert met(first)


def test_over_the_api(cast: Cast, version: ModelVersion) -> None:
    vera, url = api(cast, "vera"), f"/api/v1/model-versions/{version.pk}/comparison"
    (shown,) = vera.get(url).json()
    assert shown["rows"][0]["change"] == "same"
    body = {"champion": shown["champion"], "digest": shown["digest"]}
    assert vera.post(url, {**body, "colour": "red"}).status_code == 400
    assert vera.post(url, {**body, "digest": "sha256:0"}).status_code == 409
    assert vera.post(url, body).status_code == 201
    assert vera.get(url).json()[0]["acknowledgements"][0]["acknowledged_by"] == "Vera"
    assert api(cast, "oscar").get(url).status_code == 404
    assert api(cast, "aud").post(url, body).status_code == 403
