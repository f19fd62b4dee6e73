"""Decide every stored decision again, and name the first that comes out otherwise."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.models import Decision
from governance.services import replays
from registry.models import Organisation


class Command(BaseCommand):
    """`replay_decisions [--organisation acme]`; exit 0 when all are identical, 1 when one is not."""

    help = "Decide every stored decision again from its stored facts and policy; all must be identical to the byte."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose decisions; everybody's when nobody is named."""
        parser.add_argument("--organisation", help="short name of the organisation")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay in the order in which they were decided, and say how many."""
        decisions = Decision.objects.select_related("system").order_by("decided_at", "pk")
        if slug := options["organisation"]:
            if not Organisation.objects.filter(slug=slug).exists():
                raise CommandError(f"There is no organisation {slug}.", returncode=2)
            decisions = decisions.filter(system__organisation__slug=slug)
        count = decisions.count()
        first = next(replays.differences(decisions.iterator(chunk_size=500)), None)
        if first is not None:
            decided = first.decision
            raise CommandError(
                f"Decision {decided.pk} of {decided.decided_at.isoformat()} about {decided.system.slug} comes out"
                f" otherwise. {first.what}"
            )
        if options["verbosity"]:
            self.stdout.write(f"{count} decisions were decided again. All are identical to the byte.")
