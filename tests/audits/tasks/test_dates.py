"""What beat does by itself in a real worker when a date has passed: stop what is overdue, and tell whose turn it is."""

from pathlib import Path

import pytest

from governance.services import decisions
from registry.ledger.verify import verify_log
from registry.models import LedgerEntry, ModelVersion
from registry.stages import VersionStage
from tests.audits.tasks.site import Site, wait_for
from tests.cast import make_cast
from tests.governance import watching

LANES = [
    pytest.param("embedded", id="embedded"),
    pytest.param("served", id="served", marks=[pytest.mark.redis, pytest.mark.postgresql]),
]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.xdist_group("workers")]


@pytest.fixture(params=LANES)
def site(request: pytest.FixtureRequest) -> Site:
    """A database and a broker; the worker to come looks at dates every second."""
    found: Site = request.getfixturevalue(request.param)
    found.set(ASSAY_ENFORCE_SECONDS="1", ASSAY_REMIND_SECONDS="1")
    return found


def test_an_overdue_version_is_suspended_and_people_are_told(site: Site, tmp_path: Path) -> None:
    cast = make_cast()
    watching.publish(cast, watching.text())
    overdue = watching.in_production(cast, watching.ready(cast))
    in_time = watching.in_production(cast, watching.ready(cast, "fraud"))
    watching.set_due(overdue, -1)
    site.start_worker()
    wait_for(lambda: ModelVersion.objects.get(pk=overdue.pk).stage == VersionStage.SUSPENDED, site)
    wait_for(lambda: list((tmp_path / "var" / "mail").glob("*")), site)
    [entry] = LedgerEntry.objects.filter(event="enforcement.applied")
    assert (entry.actor_kind, entry.subject_id) == ("system", overdue.pk)
    assert ModelVersion.objects.get(pk=in_time.pk).stage == VersionStage.PRODUCTION
    answer = decisions.ask(
        actor=cast.actor("ci"),
        artifact_digest=overdue.artifact.digest,
        environment="production",
        model_version=overdue.pk,
    )
    assert not answer.decided.allows
    assert verify_log(cast.acme.pk).holds
