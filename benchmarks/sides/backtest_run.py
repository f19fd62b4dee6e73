"""One side of the back-test benchmark: decisions as they are stored, then the service that runs a draft over them."""

import json
import os
import resource
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from governance.dossier import gather_version  # noqa: E402
from governance.gates import codec  # noqa: E402
from governance.gates.decide import judge  # noqa: E402
from governance.gates.spec import Dossier  # noqa: E402
from governance.models import BackTest, Decision, Policy  # noqa: E402
from governance.services import backtests, policies, reports  # noqa: E402
from registry import queue  # noqa: E402
from registry.ledger import chain  # noqa: E402
from registry.models import ModelVersion, User  # noqa: E402
from registry.stages import RiskTier  # noqa: E402
from tests.cast import Cast, make_cast  # noqa: E402
from tests.conftest import LEAN_POLICIES  # noqa: E402
from tests.governance import staging  # noqa: E402


def varied(dossier: Dossier, count: int) -> Iterator[Dossier]:
    """The same version over two years, under other names; some without a report or votes."""
    assert dossier.version is not None
    for number in range(count):
        version = replace(dossier.version, id=str(uuid.UUID(int=number // 4)), version=str(number // 4))
        yield replace(
            dossier,
            version=version,
            now=dossier.now - timedelta(hours=number),
            reports=() if number % 3 == 0 else dossier.reports,
            votes=() if number % 4 == 0 else dossier.votes,
        )


def store(version: ModelVersion, dossier: Dossier, body: str, asked_by: User, number: int) -> Decision:
    """A row as `asking.keep` writes it."""
    facts, decided = codec.canonical(dossier), judge(dossier, body)
    return Decision(
        system=version.model.system,
        model_version=version,
        transition=decided.transition,
        environment=dossier.environment,
        verdict=decided.verdict.value,
        subject_digest=decided.subject_digest,
        dossier=facts.decode(),
        dossier_digest=chain.digest(facts),
        policy_body=body,
        policy_digest=chain.digest(body.encode()),
        outcome=codec.canonical(decided).decode(),
        log_size=number,
        asked_by=asked_by,
        decided_at=dossier.now,
        expires_at=dossier.now,
    )


def stored(cast: Cast, count: int) -> Policy:
    """So many decisions about a version that went its way, and the draft that is run over them."""
    for name, stand_in in (
        ("validation_report", lambda dossier: dossier),
        ("render_in_child", lambda document: staging.printed()),
    ):
        setattr(reports, name, stand_in)
    policies.DEFAULTS = LEAN_POLICIES  # type: ignore[misc]
    reports.codec.to_json = lambda document: b"{}"  # type: ignore[attr-defined]
    version = staging.allowed(cast)
    gathered = gather_version(version).at_door("production")
    rows = varied(gathered.dossier, count)
    Decision.objects.all().delete()
    Decision.objects.bulk_create(
        (store(version, one, gathered.policy_body, cast.ci, number) for number, one in enumerate(rows)),
        batch_size=500,
    )
    text = policies.default_body(RiskTier.HIGH).replace("{role: approver}", "{role: approver, count: 2}")
    return policies.draft(actor=cast.actor("cora"), organisation=cast.acme, tier=RiskTier.HIGH, body=text)


def _nobody(task: str, **ids: str) -> None:
    """Send nothing."""


def main() -> None:
    """Prepare, run, tell."""
    call_command("migrate", verbosity=0)
    queue.send = _nobody  # the worker is this process
    cast = make_cast()
    draft = stored(cast, int(sys.argv[1]))
    test = backtests.request(actor=cast.actor("cora"), policy=draft)
    start = time.perf_counter()
    assert backtests.run(str(test.pk))
    seconds = time.perf_counter() - start
    result = json.loads(BackTest.objects.get(pk=test.pk).result)
    told = {name: result[name] for name in ("decided", "opens", "closes", "unreadable", "other_tier")}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**told, "seconds": seconds, "peak_mib": peak}))


if __name__ == "__main__":
    main()
