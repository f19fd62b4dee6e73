"""Shared fixtures: an own var folder for each worker, the cast, and a flush that the ledger's guards let through."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

# Before Django reads its settings: nothing of a developer's .env or var folder reaches the tests.
_VAR = Path(tempfile.mkdtemp(prefix="assay-tests-"))
os.environ["ASSAY_VAR_DIR"] = str(_VAR)
os.environ.setdefault("SECRET_KEY", "only-for-tests-only-for-tests-only-for-tests-only-for-tests")
os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1,testserver")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
os.environ["ASSAY_OWNER_DATABASE_URL"] = ""
os.environ["ASSAY_ALLOW_DATABASE_OWNER"] = "true"  # the tests make, empty and drop their databases

# The client is always the one of this tree, whichever is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "client" / "src"))

import django  # noqa: E402
import pytest  # noqa: E402

django.setup()

from django.db import connection  # noqa: E402
from django.test import TransactionTestCase  # noqa: E402
from hypothesis import settings as properties  # noqa: E402

from governance.models import Decision  # noqa: E402
from governance.services import policies, replays  # noqa: E402
from registry.ledger import guards  # noqa: E402
from tests import yields  # noqa: E402
from tests.cast import Cast, make_cast  # noqa: E402
from tests.client import deciding  # noqa: E402
from tests.lanes import uses_the_database  # noqa: E402
from tests.two_roles import TwoRoles, copied, make_two_roles  # noqa: E402

# A busy machine proves nothing.
properties.register_profile("assay", deadline=None)
properties.load_profile("assay")


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Path) -> None:
    """Each test keeps its artifacts, mail and keys to itself, and hashes passwords fast."""
    settings.ASSAY_ARTIFACTS_DIR = tmp_path / "artifacts"
    settings.ASSAY_SIGNING_KEY_FILE = tmp_path / "verdict-key.pem"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


# A lean edition of Assay's own policies, so that a demand added to those does not have to be met by every test.
LEAN_POLICIES = Path(__file__).parent / "governance" / "policies"


@pytest.fixture(autouse=True)
def lean_policies(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `publish_defaults` publishes, unless a test is marked `own_policies`."""
    if request.node.get_closest_marker("own_policies") is None:
        monkeypatch.setattr(policies, "DEFAULTS", LEAN_POLICIES)


@pytest.fixture
def cast(db: None) -> Cast:
    """The named people of Acme."""
    return make_cast()


@pytest.fixture(autouse=True)
def replayed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every decision that a test leaves behind is decided again and must come out the same, to the byte.

    Then by the client, which has the rules coded a second time: the same verdict, line for line.
    """
    node = request.node
    if not uses_the_database(node) or node.get_closest_marker("altered_decisions"):
        yield
        return
    request.getfixturevalue("_django_db_helper")  # so that this looks before the database is rolled back
    yield
    if connection.needs_rollback:
        return
    found = next(replays.differences(Decision.objects.order_by("decided_at")), None)
    assert found is None, f"Decision {found.decision.pk} comes out otherwise. {found.what}"
    for made in Decision.objects.order_by("decided_at"):
        other = deciding.difference(made.dossier, made.policy_body, made.outcome)
        assert other == "", (
            f"Decision {made.pk} comes out otherwise when the client decides it again. {other}"
        )


@pytest.fixture(autouse=True, scope="session")
def declared_events() -> Iterator[None]:
    """With ASSAY_DECLARED_EVENTS: whatever a service writes into the log is what it declares, no less and no more."""
    with yields.watched() if yields.ASKED else nullcontext():
        yield


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells which services its tests have called; who has heard them all says which never were."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["called"] = sorted(yields.called)
    elif yields.whole(session.config) and session.exitstatus == pytest.ExitCode.OK and yields.never_called():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker has ended."""
    yields.called.update(node.workeroutput.get("called", ()) if hasattr(node, "workeroutput") else ())


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say which services no test has called."""
    if yields.whole(config) and (missing := yields.never_called()):
        terminalreporter.section("services that no test has called", red=True)
        terminalreporter.line("\n".join(missing))


_flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


def _flush_with_guards_down(self: TransactionTestCase) -> None:
    """TransactionTestCase empties every table, which the ledger's guards rightly refuse."""
    guards.remove(connection)
    try:
        _flush(self)
    finally:
        guards.install(connection)


@pytest.fixture(autouse=True, scope="session")
def lift_ledger_guards_for_the_flush() -> Iterator[None]:
    """Only the test runner's own clean-up may empty the ledger."""
    TransactionTestCase._fixture_teardown = _flush_with_guards_down  # type: ignore[attr-defined]
    yield
    TransactionTestCase._fixture_teardown = _flush  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def migrated_roles() -> Iterator[TwoRoles]:
    """A database of two roles, migrated and empty; its tests stand in one group, so that one process makes it."""
    yield from make_two_roles()


@pytest.fixture(scope="module")
def two_roles(migrated_roles: TwoRoles) -> Iterator[TwoRoles]:
    """A copy of it for one module."""
    yield from copied(migrated_roles)


@pytest.fixture
def served(two_roles: TwoRoles, django_db_blocker: Any) -> Iterator[TwoRoles]:
    """Django connected as the role of the service; what a test commits there stays for the next."""
    with django_db_blocker.unblock(), two_roles.serving():
        yield two_roles
