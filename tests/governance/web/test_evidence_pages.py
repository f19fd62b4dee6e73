"""Pages about evidence: loosened plans, comparisons, and runs that somebody makes again."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from audits.models import AuditRun, Deviation
from audits.services import plans
from governance.models import DeviationVote
from registry.models import ModelVersion
from registry.stages import Role
from tests.calls import api
from tests.cast import Cast, grant
from tests.governance import staging

Browse = Callable[[str], Client]


@pytest.fixture
def browse(cast: Cast) -> Browse:
    """A signed-in browser of one of the cast."""

    def enter(name: str) -> Client:
        client = Client()
        client.force_login(getattr(cast, name), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return enter


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """A measured version."""
    version = staging.at_validation(cast)
    staging.measure(cast, version)
    return version


@pytest.fixture
def deviation(cast: Cast, version: ModelVersion) -> Deviation:
    """A plan that Dev loosened."""
    grant(cast, "rita", Role.VALIDATOR)
    plans.seal(
        actor=cast.actor("dev"),
        model_version=version,
        dataset_version=staging.snapshot_of(version.model.system),
        checks=[staging.CHECKS[0], {**staging.CHECKS[1], "threshold": 0.7}],
        reason="<b>Another</b> product.",
    )
    return Deviation.objects.get()


def text(client: Client, page: str) -> str:
    answer = client.get(page)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_loosened_plan_is_shown_and_voted_on(cast: Cast, deviation: Deviation, browse: Browse) -> None:
    page, vote = (reverse(name, args=[deviation.pk]) for name in ("deviation", "vote-on-deviation"))
    shown = text(browse("rita"), page)
    assert "&lt;b&gt;Another&lt;/b&gt;" in shown
    assert "&gt;= 0.8" in shown
    assert "Your vote is asked for" in shown
    assert "You cannot vote" in text(browse("aud"), page)
    body = {"verdict": "reject", "comment": " ", "role": "validator", "digest": deviation.digest}
    refused = browse("rita").post(vote, body)
    assert (refused.status_code, "Say why you refuse it" in refused.content.decode()) == (400, True)
    typed = browse("rita").post(
        vote, {**body, "verdict": "approve", "comment": "Seen.", "digest": "sha256:0"}
    )
    assert (typed.status_code, "Seen." in typed.content.decode()) == (409, True)
    assert browse("rita").post(vote, {**body, "verdict": "approve"}).status_code == 302
    assert DeviationVote.objects.count() == 1
    assert browse("rita").get(vote).status_code == 405
    assert browse("oscar").get(page).status_code == 404


def test_the_version_page_tells_how_the_evidence_came_to_be(
    version: ModelVersion, deviation: Deviation, browse: Browse
) -> None:
    shown = text(browse("aud"), reverse("version", args=[version.pk]))
    assert "attempt 1 on its test set" in shown
    assert reverse("deviation", args=[deviation.pk]) in shown
    assert reverse("comparison", args=[version.pk]) in shown
    assert "measured on data that the version was made from" in shown


def test_a_run_page_tells_what_was_sealed_and_offers_to_make_it_again(
    cast: Cast, version: ModelVersion, browse: Browse
) -> None:
    grant(cast, "rita", Role.VALIDATOR)
    run = AuditRun.objects.get()
    page, button = reverse("run", args=[run.pk]), reverse("reproduce-run", args=[run.pk])
    shown = text(browse("rita"), page)
    assert "of the log" in shown
    assert "number 1, over all versions" in shown
    assert button in shown
    assert button not in text(browse("vera"), page)
    assert browse("vera").post(button).status_code == 403
    assert browse("rita").post(button).status_code == 302
    rerun = AuditRun.objects.exclude(reproduces=None).get()
    assert "makes <a" in text(browse("rita"), reverse("run", args=[rerun.pk]))


def test_an_exploratory_run_says_so(cast: Cast, version: ModelVersion, browse: Browse) -> None:
    run = staging.measure(cast, version, seed=5)
    shown = text(browse("aud"), reverse("run", args=[run.pk]))
    assert "exploratory" in shown
    assert "(sealed: 0)" in shown


def test_a_comparison_is_read_and_acknowledged(cast: Cast, version: ModelVersion, browse: Browse) -> None:
    page, button = (reverse(name, args=[version.pk]) for name in ("comparison", "acknowledge-comparison"))
    assert "There is no champion" in text(browse("aud"), page)
    ModelVersion.objects.filter(pk=version.pk).update(stage="production")
    second = staging.at_validation(cast, version.model.system, "2")
    page, button = (reverse(name, args=[second.pk]) for name in ("comparison", "acknowledge-comparison"))
    assert "no result that counts" in text(browse("aud"), page)
    staging.measure(cast, second)
    shown = text(browse("vera"), page)
    assert "Nobody independent has acknowledged" in shown
    assert "<svg" in shown
    (compared,) = api(cast, "vera").get(f"/api/v1/model-versions/{second.pk}/comparison").json()
    body = {"champion": compared["champion"], "digest": "sha256:0", "comment": "Alike <i>."}
    wrong = browse("vera").post(button, body)
    assert (wrong.status_code, "Alike &lt;i&gt;." in wrong.content.decode()) == (409, True)
    assert browse("vera").post(button, {**body, "digest": compared["digest"]}).status_code == 302
    assert "Read and acknowledged by Vera" in text(browse("aud"), page)
    assert browse("oscar").get(page).status_code == 404


def test_loosened_plans_over_the_api(cast: Cast, deviation: Deviation) -> None:
    rita, url = api(cast, "rita"), f"/api/v1/deviations/{deviation.pk}"
    assert [row["id"] for row in rita.get("/api/v1/deviations?state=open").json()["results"]] == [
        str(deviation.pk)
    ]
    assert rita.get("/api/v1/deviations?state=odd").status_code == 400
    body = {"verdict": "approve", "digest": deviation.digest}
    assert rita.post(f"{url}/votes", {**body, "voter": "cora"}).status_code == 400
    assert rita.post(f"{url}/votes", body).status_code == 201
    assert rita.post(f"{url}/votes", body).status_code == 409
    assert api(cast, "cora").post(f"{url}/votes", body).status_code == 201
    assert (rita.get(url).json()["state"], len(rita.get(url).json()["votes"])) == ("accepted", 2)
    assert api(cast, "oscar").get(url).status_code == 404
    assert api(cast, "dev").post(f"{url}/votes", body).status_code == 403
