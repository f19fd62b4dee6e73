"""`manage.py export_revocations FILE`: the signed list of verdicts that were taken back."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from governance.services import revocations


class Command(BaseCommand):
    """For doors without a network: fetch it regularly and put it where they look."""

    help = "Write the signed list of verdicts that were taken back before they expired."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        options["file"].write_text(json.dumps(revocations.signed()) + "\n", encoding="utf-8")
        self.stdout.write(
            f"● {options['file']}: give it to doors as assay gate --offline … --revocations FILE."
        )
