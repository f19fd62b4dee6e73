"""`manage.py export_bundle DECISION FILE`: one decision with everything it can be checked by."""

import uuid
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.models import Decision
from governance.services import bundles
from registry.actors import Actor
from registry.errors import AssayError
from registry.services import reads


class Command(BaseCommand):
    """For auditors: `assay verify bundle FILE` decides again, without this service."""

    help = "Write the verification bundle of a decision."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Of what, and where to."""
        parser.add_argument("decision", type=uuid.UUID, help="number of the decision")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it; nothing is left behind where that fails."""
        try:
            decision = Decision.objects.select_related("system").get(pk=options["decision"])
            data = bundles.of_decision(decision)
            reads.note(Actor.system("operator"), "decision.bundle", decision)
            options["file"].write_bytes(data)
        except Decision.DoesNotExist as error:
            raise CommandError("There is no such decision.", returncode=2) from error
        except (AssayError, OSError) as error:
            raise CommandError(str(error), returncode=1) from error
        self.stdout.write(f"● {options['file']}: {decision}, {len(data)} bytes.")
