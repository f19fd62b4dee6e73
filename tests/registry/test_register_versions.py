"""Registering facts through the services."""

import pytest

from registry.errors import Conflict, Denied, NotFound
from registry.ledger.verify import verify_log
from registry.models import LedgerEntry, System
from tests.cast import Cast
from tests.make import make_dataset_version, make_system, make_version


def test_it_works(cast: Cast) -> None:
    system = make_system(cast)
    snapshot = make_dataset_version(cast, system)
    version = make_version(cast, system, dataset_versions=[snapshot])

    assert version.stage == "development"
    assert list(version.dataset_versions.all()) == [snapshot]
    assert LedgerEntry.objects.filter(event="model_version.registered", subject_id=version.pk).count() == 1
    assert verify_log(cast.acme.pk).holds


def test_it_answers_the_same_for_the_same_bytes(cast: Cast) -> None:
    system = make_system(cast)
    assert make_version(cast, system) == make_version(cast, system)


def test_it_refuses_other_bytes_under_one_version(cast: Cast) -> None:
    system = make_system(cast)
    make_version(cast, system, data=b"one")
    with pytest.raises(Conflict, match="never changes"):
        make_version(cast, system, data=b"two")


def test_it_hides_systems_from_outsiders(cast: Cast) -> None:
    make_system(cast)
    assert not System.objects.visible_to(cast.actor("oscar")).exists()
    with pytest.raises(NotFound):
        make_system(cast, "mine", by="oscar")


def test_it_binds_superusers_too(cast: Cast) -> None:
    make_system(cast)
    assert not System.objects.visible_to(cast.actor("root")).exists()


def test_it_needs_the_permission(cast: Cast) -> None:
    with pytest.raises(Denied):
        make_system(cast, by="aud")
