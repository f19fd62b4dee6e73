"""`manage.py export_ledger`: write a log to a folder that anybody can verify."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.actors import Actor
from registry.errors import AssayError
from registry.models import Organisation
from registry.services import exports, reads


class Command(BaseCommand):
    """Exit 0 when the folder holds the whole log. Run again, it adds what is new."""

    help = "Write a log to a folder: entries, tiles, checkpoints, keys. Run again, it adds what is new."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose log, and where to."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--organisation", help="short name; may be left out when there is only one")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write and report."""
        rows = Organisation.objects.order_by("slug")
        if options["organisation"]:
            rows = rows.filter(slug=options["organisation"])
        found = list(rows[:2])
        if len(found) != 1:
            known = ", ".join(Organisation.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(f"Say whose log: --organisation, one of {known}.", returncode=2)
        try:
            reads.note(Actor.system("operator"), "log.export", found[0])
            done = exports.export(found[0].pk, options["folder"])
        except (AssayError, OSError) as error:
            raise CommandError(str(error), returncode=1) from error
        self.stdout.write(
            f"● {done.origin}: {done.size} entries in {options['folder']}, {done.added} of them new."
        )
