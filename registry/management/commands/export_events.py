"""`manage.py export_events`: the log for other tools."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.actors import Actor
from registry.models import Organisation
from registry.services import feed, reads


class Command(BaseCommand):
    """Writes to standard output, a line for each entry."""

    help = (
        "Write a log for other tools: OCSF or plain JSON lines, or CSV that is safe to open in a spreadsheet."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose log, how, and from where on."""
        parser.add_argument("--organisation", help="short name; may be left out when there is only one")
        parser.add_argument("--format", choices=sorted(feed.FORMS), default="ocsf")
        parser.add_argument("--after", type=int, default=-1, help="only entries behind this index")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write."""
        rows = Organisation.objects.order_by("slug")
        if options["organisation"]:
            rows = rows.filter(slug=options["organisation"])
        found = list(rows[:2])
        if len(found) != 1:
            known = ", ".join(Organisation.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(f"Say whose log: --organisation, one of {known}.", returncode=2)
        reads.note(Actor.system("operator"), "log.export", found[0])
        for line in feed.written(found[0].pk, options["format"], options["after"]):
            self.stdout.write(line, ending="")
