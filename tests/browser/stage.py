"""A real server with a real worker, and Northbank on the way: version 1 blocked, version 2 waiting for Adam's vote.

Run as a program by the browser tests; it prints one JSON line when it is ready and ends when its input closes.
"""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from governance.demo import job, models, people, processes  # noqa: E402
from governance.demo.calls import Caller  # noqa: E402
from registry.models import Organisation  # noqa: E402
from registry.services import checkpoints, verifications  # noqa: E402

PASSWORD = "northbank-for-tests"


class Interrupted(job.Job):
    """The main job, stopped before the last vote on version 2; the browser does the rest."""

    def _approve(self, version: str, votes: job.Votes, to: str = job.ENVIRONMENT) -> None:
        second = version == self.result.versions.get(models.SECOND.version)
        super()._approve(version, tuple(vote for vote in votes if not (second and vote[1] == "approver")), to)

    def _report(self, version: str, recipe: models.Recipe) -> None:
        if recipe is models.FIRST:
            super()._report(version, recipe)

    def _ask(self, recipe: models.Recipe, artifact: Path) -> None:
        if recipe is models.FIRST:
            super()._ask(recipe, artifact)

    def _move(self, version: str, to: str) -> None:
        if to != job.ENVIRONMENT:
            super()._move(version, to)


def main() -> None:
    """Set the stage."""
    call_command("migrate", verbosity=0)
    tokens = people.make(PASSWORD)
    call_command("publish_policies", organisation=people.SLUG, by="cora", verbosity=0)
    verifications.verify(Organisation.objects.get(slug=people.SLUG))
    folder = Path(settings.VAR_DIR)
    with processes.running(processes.free_port(0), folder / "logs") as base:
        callers = {name: Caller(name, base, token) for name, token in tokens.items()}
        result = Interrupted(callers, folder / "files", say).run()
        exceptions(callers, result.versions["1.0.0"])
        checkpoints.issue_all()
        ready: dict[str, Any] = {
            "url": base,
            "password": PASSWORD,
            "versions": result.versions,
            "tokens": tokens,
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


def exceptions(callers: dict[str, Caller], version: str) -> None:
    """One of each thing that is out of the ordinary about version 1, and all of them wait for somebody."""
    dana, vera = callers["dana"], callers["vera"]
    system = dana.get("/systems")["results"][0]["id"]
    dana.post(
        f"/systems/{system}/issues", {"kind": "finding", "severity": "low", "title": "Groups below thirty"}
    )
    waiver = {"codes": ["checks.Impact ratio by sex"], "reason": "Version 2 corrects it.", "to": "compliance"}
    waiver |= {
        "compensating_control": "A second officer looks.",
        "expires_at": str(timezone.now() + timedelta(days=9)),
    }
    dana.post(f"/model-versions/{version}/waivers", waiver)
    emergency = {
        "environment": job.ENVIRONMENT,
        "reason": "The version before refuses everybody.",
        "hours": 4,
    }
    callers["olga"].post(f"/model-versions/{version}/break-glass", emergency)
    (plan,) = vera.get(f"/model-versions/{version}/plans")["results"]
    bar = {"name": "Impact ratio by sex", "metric": "favourable_impact_ratio", "attribute": "sex"}
    looser = {"checks": [{**bar, "comparison": ">=", "threshold": 0.5}], "reason": "Another product's bar."}
    vera.post(f"/model-versions/{version}/plans", {"dataset_version": plan["dataset_version"], **looser})


def say(line: str) -> None:
    """Steps go to the log of the tests, not between the lines they read."""
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    main()
