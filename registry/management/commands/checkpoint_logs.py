"""`manage.py checkpoint_logs`: sign the logs that grew."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.errors import AssayError
from registry.ledger import epochs
from registry.ledger.checkpoint_models import LedgerCheckpoint
from registry.models import Organisation
from registry.services import anchors, checkpoints


class Command(BaseCommand):
    """Exit 0 when every log has a checkpoint of its present size in every place, 1 when one has not."""

    help = (
        "Sign a checkpoint of every log that grew since its last one. Run it where the keys of the logs are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which log; and a checkpoint to go on from when the checkpointer's memory was lost."""
        parser.add_argument("--organisation", help="only the log of the organisation with this short name")
        parser.add_argument(
            "--adopt", type=Path, metavar="FILE", help="remember this signed checkpoint; memory was lost"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Sign and report."""
        rows = Organisation.objects.order_by("slug")
        if options["organisation"]:
            rows = rows.filter(slug=options["organisation"])
            if not rows:
                raise CommandError(f"There is no organisation “{options['organisation']}”.", returncode=2)
        if options["adopt"]:
            self._adopt(list(rows), options["adopt"])
            return
        failed = [self._told(row) for row in rows].count(False)
        if failed:
            raise CommandError(f"{failed} of {len(rows)} logs could not be signed or anchored.", returncode=1)

    def _adopt(self, organisations: list[Organisation], path: Path) -> None:
        if len(organisations) != 1:
            raise CommandError("Say whose checkpoint it is: --organisation SLUG.", returncode=2)
        try:
            told = checkpoints.adopt(organisations[0].pk, path.read_text(encoding="utf-8"))
        except (AssayError, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error), returncode=1) from error
        self.stdout.write(f"● {told.origin}: remembered up to {told.size} entries.")

    def _told(self, organisation: Organisation) -> bool:
        try:
            checkpoints.issue(organisation.pk)
        except AssayError as error:
            self.stdout.write(f"■ {organisation.slug}: {error.message}")
            return False
        mine = {"organisation_id": organisation.pk, "origin": epochs.current(organisation.pk)}
        newest = LedgerCheckpoint.objects.filter(**mine).order_by("-size")[0]
        self.stdout.write(
            f"● {newest.origin}: {newest.size} entries signed; root {bytes(newest.root).hex()}."
        )
        return self._anchored(organisation)

    def _anchored(self, organisation: Organisation) -> bool:
        told = anchors.anchor(organisation.pk)
        for one in told:
            kept = f"▲ {one.place}: {one.failed}" if one.failed else f"  {one.place}: kept up to {one.size}."
            self.stdout.write(kept)
        return not any(one.failed for one in told)
