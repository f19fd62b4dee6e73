"""`manage.py verify_ledger`: recompute every log from its stored bytes and say what holds."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.ledger.models import LedgerHead
from registry.ledger.verify import Verification, verify_log
from registry.models import Organisation


class Command(BaseCommand):
    """Exit 0 when every log holds, 1 when one does not."""

    help = "Recompute the log of every organisation and compare it with its head."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which log, and in which form to answer."""
        parser.add_argument("--organisation", help="only the log of the organisation with this short name")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of sentences")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and report."""
        outcomes = [verify_log(pk) for pk in self._logs(options["organisation"])]
        if options["json"]:
            self.stdout.write(json.dumps({"logs": [_as_dict(outcome) for outcome in outcomes]}, indent=2))
        else:
            for outcome in outcomes:
                self.stdout.write(_sentence(outcome))
        broken = [outcome for outcome in outcomes if not outcome.holds]
        if broken:
            raise CommandError(f"{len(broken)} of {len(outcomes)} logs do not hold.", returncode=1)

    def _logs(self, slug: str | None) -> list[Any]:
        if slug is None:
            return list(LedgerHead.objects.order_by("origin").values_list("organisation_id", flat=True))
        organisation = Organisation.objects.filter(slug=slug).first()
        if organisation is None:
            raise CommandError(f"There is no organisation “{slug}”.", returncode=2)
        return [organisation.pk]


def _sentence(outcome: Verification) -> str:
    if outcome.broken is None:
        return f"● {outcome.origin}: {outcome.size} entries hold; root {outcome.root}."
    broken = outcome.broken
    return f"■ {outcome.origin}: broken at entry {broken.index} ({broken.kind}). {broken.sentence}"


def _as_dict(outcome: Verification) -> dict[str, Any]:
    broken = outcome.broken
    return {
        "origin": outcome.origin,
        "size": outcome.size,
        "root": outcome.root,
        "holds": outcome.holds,
        "broken": {"index": broken.index, "kind": broken.kind, "sentence": broken.sentence}
        if broken
        else None,
    }
