"""Locked columns: further versions must have them, and not who registered the newest one lets others in."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.models import Dataset, LedgerEntry, SchemaLock
from registry.services import datasets, people, schemas
from registry.stages import Role
from tests.cast import Cast, grant
from tests.make import COLUMNS, make_artifact, make_dataset_version, make_system

WIDER = [*COLUMNS, {"name": "zip", "role": "feature", "type": "text"}]


@pytest.fixture
def dataset(cast: Cast) -> Dataset:
    """“applications” with one version, registered by Stew."""
    return make_dataset_version(cast, make_system(cast)).dataset


def more(cast: Cast, dataset: Dataset, version: str = "2", **kwargs: Any) -> Any:
    return make_dataset_version(cast, dataset.system, b"other bytes", version=version, **kwargs)


def events() -> list[str]:
    return list(LedgerEntry.objects.filter(event__startswith="schema.").values_list("event", flat=True))


def test_the_same_columns_pass_and_others_do_not(cast: Cast, dataset: Dataset) -> None:
    schemas.lock(actor=cast.actor("stew"), dataset=dataset)
    assert more(cast, dataset).version == "2"
    with pytest.raises(Conflict, match="“zip” is added as feature, text") as refused:
        more(cast, dataset, "3", columns=WIDER)
    assert refused.value.code == "schema.locked"
    assert "have the lock released first" in refused.value.message
    assert not dataset.versions.filter(version="3").exists()
    assert events() == ["schema.locked"]


def test_every_difference_is_named(cast: Cast, dataset: Dataset) -> None:
    schemas.lock(actor=cast.actor("stew"), dataset=dataset)
    changed = [
        {"name": "sex", "role": "feature", "type": "text"},
        {"name": "income", "role": "feature", "type": "text"},
        *COLUMNS[2:3],
    ]
    with pytest.raises(Conflict) as refused:
        more(cast, dataset, columns=changed, contract={"task": "binary", "positive": "0", "favourable": "1"})
    for difference in (
        "“sex” has the role feature instead of sensitive",
        "“income” has the type text instead of number",
        "“prediction” is missing",
        "“positive” of the contract is '0' instead of '1'",
    ):
        assert difference in refused.value.message


def test_another_order_is_another_schema(cast: Cast, dataset: Dataset) -> None:
    schemas.lock(actor=cast.actor("stew"), dataset=dataset)
    with pytest.raises(Conflict, match="another order"):
        more(cast, dataset, columns=COLUMNS[::-1])


def test_locking_again_is_the_same_lock_and_one_entry(cast: Cast, dataset: Dataset) -> None:
    first = schemas.lock(actor=cast.actor("stew"), dataset=dataset)
    assert schemas.lock(actor=cast.actor("stew"), dataset=dataset) == first
    assert events() == ["schema.locked"]


def test_what_is_registered_already_stays_registered(cast: Cast, dataset: Dataset) -> None:
    wide = more(cast, dataset, columns=WIDER)
    schemas.lock(actor=cast.actor("stew"), dataset=dataset)
    assert more(cast, dataset, columns=WIDER) == wide
    with pytest.raises(Conflict, match="“zip” is missing"):
        more(cast, dataset, "3")


def test_a_lock_needs_a_version(cast: Cast) -> None:
    empty = datasets.register(actor=cast.actor("stew"), system=make_system(cast), slug="empty")
    with pytest.raises(Conflict, match="no version yet"):
        schemas.lock(actor=cast.actor("stew"), dataset=empty)


def test_somebody_else_releases_it_for_a_reason(cast: Cast, dataset: Dataset) -> None:
    grant(cast, "dev", Role.DATA_STEWARD)
    schemas.lock(actor=cast.actor("stew"), dataset=dataset)
    with pytest.raises(Invalid, match="Say why"):
        schemas.release(actor=cast.actor("dev"), dataset=dataset, reason="  ")
    released = schemas.release(actor=cast.actor("dev"), dataset=dataset, reason="Postcodes are needed.")
    assert (released.released_by, released.release_reason) == (cast.dev, "Postcodes are needed.")
    assert more(cast, dataset, columns=WIDER).version == "2"
    assert events() == ["schema.locked", "schema.released"]
    with pytest.raises(Conflict, match="not locked"):
        schemas.release(actor=cast.actor("dev"), dataset=dataset, reason="Again.")


def test_who_registered_the_newest_version_does_not_release_it(cast: Cast, dataset: Dataset) -> None:
    schemas.lock(actor=cast.actor("stew"), dataset=dataset)
    with pytest.raises(Denied, match="somebody else must agree"):
        schemas.release(actor=cast.actor("stew"), dataset=dataset, reason="My own data.")
    assert SchemaLock.objects.get().released_at is None
    assert events() == ["schema.locked", "schema.release_refused"]


def test_nor_does_their_service_account(cast: Cast, dataset: Dataset) -> None:
    stew = people.create_service_account(
        actor=cast.actor("olga"), organisation=cast.acme, name="loader", responsible=cast.stew
    )
    people.grant_role(actor=cast.actor("olga"), organisation=cast.acme, user=stew, role=Role.DATA_STEWARD)
    schemas.lock(actor=cast.actor("stew"), dataset=dataset)
    with pytest.raises(Denied, match="takes a person"):
        schemas.release(actor=type(cast.actor("stew")).of(stew), dataset=dataset, reason="Automatically.")


def test_what_their_service_account_registered_is_theirs(cast: Cast, dataset: Dataset) -> None:
    grant(cast, "dev", Role.DATA_STEWARD)
    schemas.lock(actor=cast.actor("stew"), dataset=dataset)
    more(cast, dataset, by="ci")  # Dev answers for it
    with pytest.raises(Denied, match="somebody else must agree"):
        schemas.release(actor=cast.actor("dev"), dataset=dataset, reason="Mine.")


def test_it_needs_the_permission(cast: Cast, dataset: Dataset) -> None:
    for name, error in (("dev", Denied), ("olga", Denied), ("oscar", NotFound), ("root", NotFound)):
        with pytest.raises(error):
            schemas.lock(actor=cast.actor(name), dataset=dataset)
    assert not SchemaLock.objects.exists()


def test_the_api_locks_and_releases(cast: Cast, dataset: Dataset) -> None:
    grant(cast, "vera", Role.DATA_STEWARD)
    client = APIClient()
    client.force_authenticate(cast.vera)
    address = f"/api/v1/datasets/{dataset.pk}/schema-lock"
    locked = client.post(address, {}, format="json")
    assert (locked.status_code, locked.json()["released_at"]) == (201, None)
    unknown = client.post(f"{address}/release", {"reason": "x", "why": "y"}, format="json")
    assert unknown.status_code == 400
    released = client.post(f"{address}/release", {"reason": "A new source."}, format="json")
    assert (released.status_code, released.json()["released_by"]) == (200, "Vera")
    assert client.post(f"{address}/release", {"reason": "x"}, format="json").status_code == 409
    assert len(client.get(address).json()["results"]) == 1


def test_other_columns_are_a_conflict_over_the_api(cast: Cast, dataset: Dataset) -> None:
    schemas.lock(actor=cast.actor("stew"), dataset=dataset)
    client = APIClient()
    client.force_authenticate(cast.stew)
    body = {
        "version": "9",
        "format": "csv",
        "artifact_digest": make_artifact(cast, b"more", by="stew").digest,
        "columns": WIDER,
    }
    answer = client.post(f"/api/v1/datasets/{dataset.pk}/versions", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "schema.locked")
