"""Data-quality runs over the API, and on the page of the dataset version."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from audits.models import DataQualityRun
from audits.services import leases, profiling
from registry.models import DatasetVersion, LedgerEntry, SchemaLock
from registry.stages import Role
from tests.cast import Cast, grant
from tests.make import COLUMNS, make_dataset_version, make_system


@pytest.fixture(autouse=True)
def no_heartbeat(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """A thread would have a database connection of its own, which does not see this test's transaction."""
    monkeypatch.setattr(leases, "BEAT_SECONDS", 3_600.0)
    settings.ASSAY_RUN_LEASE_SECONDS = 4 * 3_600


@pytest.fixture
def snapshot(cast: Cast) -> DatasetVersion:
    """A dataset version with sound data and a column name that is hostile."""
    rows = [f"{'FM'[i % 2]},{i},{i // 2 % 2},{i // 2 % 2},{'ab'[i % 2]}" for i in range(200)]
    data = "\n".join(["sex,income,repaid,prediction,<b>x</b>", *rows, ""]).encode()
    columns = [*COLUMNS, {"name": "<b>x</b>", "role": "feature", "type": "text"}]
    return make_dataset_version(cast, make_system(cast), data, columns=columns)


def client(cast: Cast, name: str = "stew") -> APIClient:
    found = APIClient()
    found.force_authenticate(getattr(cast, name))
    return found


def browse(cast: Cast, name: str) -> Client:
    found = Client()
    found.force_login(getattr(cast, name), backend="allauth.account.auth_backends.AuthenticationBackend")
    return found


def page(cast: Cast, snapshot: DatasetVersion, name: str = "stew") -> str:
    answer = browse(cast, name).get(reverse("dataset-version", args=[snapshot.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def profile(cast: Cast, snapshot: DatasetVersion) -> DataQualityRun:
    browse(cast, "stew").post(reverse("start-profile", args=[snapshot.pk]))
    run = DataQualityRun.objects.get()
    profiling.profile(str(run.pk))
    return run


def test_it_works_over_the_api(cast: Cast, snapshot: DatasetVersion) -> None:
    address = f"/api/v1/dataset-versions/{snapshot.pk}/quality-runs"
    body = {"bars": [{"check": "missing_share", "at_most": "0.2"}]}
    asked = client(cast).post(address, body, format="json")
    assert (asked.status_code, asked.json()["state"], asked.json()["checks"]) == (202, "queued", [])
    again = client(cast).post(address, body, format="json")
    assert again.json()["id"] == asked.json()["id"]
    mine = f"/api/v1/quality-runs/{asked.json()['id']}"
    assert client(cast).get(f"{mine}/result").status_code == 404
    profiling.profile(asked.json()["id"])
    ended = client(cast).get(mine).json()
    assert (ended["state"], len(ended["checks"])) == ("passed", 10)
    assert client(cast).get(f"{mine}/result").json()["profile"]["rows"] == 200
    assert len(client(cast).get(address).json()["results"]) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"bars": [{"check": "beauty"}]}, 400),
        ({"bars": [{"check": "rows", "at_most": "1"}]}, 400),
        ({"bars": [{"check": "rows", "at_least": "many"}]}, 400),
        ({"bars": [{"check": "rows", "at_least": "1", "why": ""}]}, 400),
        ({"checks": []}, 400),
        ({"bars": None}, 400),
        ({}, 202),
    ],
)
def test_wrong_input_is_named(cast: Cast, snapshot: DatasetVersion, body: Any, status: int) -> None:
    address = f"/api/v1/dataset-versions/{snapshot.pk}/quality-runs"
    assert client(cast).post(address, body, format="json").status_code == status


def test_outsiders_find_nothing_and_readers_may_not_ask(cast: Cast, snapshot: DatasetVersion) -> None:
    address = f"/api/v1/dataset-versions/{snapshot.pk}/quality-runs"
    assert client(cast, "oscar").get(address).status_code == 404
    assert client(cast, "oscar").post(address, {}, format="json").status_code == 404
    assert client(cast, "aud").post(address, {}, format="json").status_code == 403
    assert browse(cast, "oscar").get(reverse("dataset-version", args=[snapshot.pk])).status_code == 404


def test_the_page_says_first_whether_the_data_are_good_enough(cast: Cast, snapshot: DatasetVersion) -> None:
    assert "Nobody looked at these data yet" in page(cast, snapshot)
    profile(cast, snapshot)
    text = page(cast, snapshot)
    assert "The data meet every bar" in text
    assert "&lt;b&gt;x&lt;/b&gt;" in text
    assert "<b>x</b>" not in text
    assert "Features that stand in for a group" in text


def test_progress_is_asked_for_until_it_ends(cast: Cast, snapshot: DatasetVersion) -> None:
    address, stew = reverse("dataset-version", args=[snapshot.pk]), browse(cast, "stew")
    stew.post(reverse("start-profile", args=[snapshot.pk]))
    fragment = stew.get(address, headers={"HX-Request": "true"})
    assert "hx-get" in fragment.content.decode()
    assert "<html" not in fragment.content.decode()
    profiling.profile(str(DataQualityRun.objects.get().pk))
    assert stew.get(address, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_a_refused_file_is_told_with_its_line(cast: Cast) -> None:
    snapshot = make_dataset_version(cast, make_system(cast), b"sex,income,repaid,prediction\nF,1\n")
    profile(cast, snapshot)
    assert "Line 2 has 2 fields, the header has 4." in page(cast, snapshot)


def test_buttons_are_for_those_who_may(cast: Cast, snapshot: DatasetVersion) -> None:
    start, lock = (reverse(name, args=[snapshot.pk]) for name in ("start-profile", "lock-schema"))
    assert start in page(cast, snapshot)
    assert lock in page(cast, snapshot)
    assert start not in page(cast, snapshot, "aud")
    assert lock not in page(cast, snapshot, "dev")
    assert browse(cast, "aud").post(start).status_code == 403
    assert browse(cast, "dev").post(lock).status_code == 403
    assert browse(cast, "stew").get(start).status_code == 405


def test_columns_are_locked_and_released_on_the_page(cast: Cast, snapshot: DatasetVersion) -> None:
    release = reverse("release-schema", args=[snapshot.pk])
    browse(cast, "stew").post(reverse("lock-schema", args=[snapshot.pk]))
    assert SchemaLock.objects.filter(released_at=None).count() == 1
    assert "you registered the newest version" in page(cast, snapshot)
    assert release not in page(cast, snapshot)
    grant(cast, "vera", Role.DATA_STEWARD)
    empty = browse(cast, "vera").post(release, {"reason": " "})
    assert (empty.status_code, "Say why the columns are released" in empty.content.decode()) == (400, True)
    own = browse(cast, "stew").post(release, {"reason": "I want <to>."})
    assert own.status_code == 400
    assert LedgerEntry.objects.filter(event="schema.release_refused").count() == 1
    assert browse(cast, "vera").post(release, {"reason": "A new source."}).status_code == 302
    assert not SchemaLock.objects.filter(released_at=None).exists()


def test_the_page_takes_as_many_queries_however_much_was_measured(
    cast: Cast, snapshot: DatasetVersion
) -> None:
    profile(cast, snapshot)
    reader, address = browse(cast, "stew"), reverse("dataset-version", args=[snapshot.pk])

    def queries() -> int:
        reader.get(address)  # content types are cached from the second time on
        with CaptureQueriesContext(connection) as seen:
            assert reader.get(address).status_code == 200
        return len(seen)

    few = queries()
    for number in range(3):
        DataQualityRun.objects.create(
            dataset_version=snapshot,
            bars="",
            bars_digest=str(number),
            requested_by=cast.dev,
            state="cancelled",
        )
    assert queries() == few
    assert few <= 12
