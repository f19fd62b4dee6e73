"""`manage.py verify_ledger`: recompute every log from its stored bytes and say what holds."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.fold.compare import Difference, differences
from registry.ledger.models import LedgerHead
from registry.ledger.verify import Verification, verify_log
from registry.models import Organisation
from registry.services import bound_reads

SHOWN = 20  # differences of one log


class Command(BaseCommand):
    """Exit 0 when every log holds, and with --fold every table is what its log says; 1 when one does not."""

    help = "Recompute the log of every organisation and compare it with its head."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which log, and in which form to answer."""
        parser.add_argument("--organisation", help="only the log of the organisation with this short name")
        parser.add_argument(
            "--fold",
            action="store_true",
            help="also build the governed tables from the log and name the first row that is another",
        )
        parser.add_argument(
            "--reads",
            action="store_true",
            help="also recompute who has read what, and compare it with what the log says of it",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object instead of sentences")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and report."""
        outcomes = [verify_log(pk) for pk in self._logs(options["organisation"])]
        folds = {one.organisation_id: _folded(one) for one in outcomes} if options["fold"] else {}
        if options["json"]:
            logs = [_as_dict(one, folds.get(one.organisation_id)) for one in outcomes]
            self.stdout.write(json.dumps({"logs": logs}, indent=2))
        else:
            for outcome in outcomes:
                self.stdout.write(_sentence(outcome))
                for found in (folds.get(outcome.organisation_id) or [])[:SHOWN]:
                    self.stdout.write(f"  ■ {_difference(found)}")
        altered = self._altered(outcomes) if options["reads"] else set()
        broken = [
            one
            for one in outcomes
            if not one.holds or folds.get(one.organisation_id) or one.organisation_id in altered
        ]
        if broken:
            raise CommandError(f"{len(broken)} of {len(outcomes)} logs do not hold.", returncode=1)

    def _altered(self, outcomes: list[Verification]) -> set[Any]:
        """The organisations whose readings are not those that were bound; said on the error stream, for any form."""
        found = {one.organisation_id: bound_reads.first_altered(one.organisation_id) for one in outcomes}
        for one in outcomes:
            if (wrong := found[one.organisation_id]) is not None:
                self.stderr.write(
                    f"■ {one.origin}: the readings from number {wrong.first} to {wrong.last} are not those that entry"
                    f" {wrong.index} bound."
                )
        return {pk for pk, wrong in found.items() if wrong is not None}

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


def _folded(outcome: Verification) -> list[Difference]:
    """Where the tables are not what the log says; a log that does not hold says nothing."""
    return differences(outcome.organisation_id) if outcome.holds else []


def _difference(found: Difference) -> str:
    place = "no entry" if found.index is None else f"entry {found.index}"
    return f"{found.table} {found.key} ({place}): {found.sentence}"


def _as_dict(outcome: Verification, folded: list[Difference] | None) -> dict[str, Any]:
    broken = outcome.broken
    told = {} if folded is None else {"differences": [vars(one) for one in folded]}
    return {
        **told,
        "origin": outcome.origin,
        "size": outcome.size,
        "root": outcome.root,
        "holds": outcome.holds,
        "broken": {"index": broken.index, "kind": broken.kind, "sentence": broken.sentence}
        if broken
        else None,
    }
