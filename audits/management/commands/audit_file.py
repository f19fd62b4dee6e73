"""`manage.py audit_file DATA --mapping MAPPING.json --out OUT.json`: an audit without a server or any set-up."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand

from audits.engine.files import audit_file, write_outcome
from audits.engine.summary import summary
from audits.frames.wording import printable

REFUSED = 2


def _seed(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) >= 2**63:
        raise ArgumentTypeError("a seed is a whole number of at least 0")
    return int(text)


class Command(BaseCommand):
    """Audit a file of predictions."""

    help = (
        "Audit a CSV or Parquet file of predictions with the engine of the server. Writes OUT as JSON. "
        "Exit 0: audited, whatever the verdicts are. Exit 2: refused; OUT says why."
    )
    requires_system_checks: ClassVar[list[str]] = []  # type: ignore[misc]

    def add_arguments(self, parser: ArgumentParser) -> None:
        """DATA and the files that go with it."""
        parser.add_argument(
            "data", type=Path, metavar="DATA", help="CSV or Parquet file, or a folder of Parquet files"
        )
        parser.add_argument(
            "--mapping", type=Path, required=True, metavar="FILE", help="which column means what"
        )
        parser.add_argument(
            "--out", type=Path, required=True, metavar="FILE", help="where the outcome is written"
        )
        parser.add_argument(
            "--model", type=Path, metavar="FILE", help="XGBoost model in JSON, to be explained"
        )
        parser.add_argument(
            "--checks", type=Path, metavar="FILE", help="checks in JSON; default: see the docs"
        )
        parser.add_argument(
            "--seed", type=_seed, default=0, metavar="N", help="seed of the intervals (default 0)"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Audit, write, tell."""
        outcome = audit_file(
            options["data"],
            options["mapping"],
            model=options["model"],
            checks=options["checks"],
            seed=options["seed"],
        )
        self._tell(summary(outcome))
        try:
            write_outcome(outcome, options["out"])
        except OSError as error:
            self.stderr.write(
                f"The outcome cannot be written to {printable(str(options['out']))}: {error.strerror or error}."
            )
            sys.exit(REFUSED)
        self._tell(f"Written to {printable(str(options['out']))}")
        if outcome.refused:
            sys.exit(REFUSED)

    def _tell(self, text: str) -> None:
        """Print what the terminal can show; a shape that it lacks must not stop an audit."""
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"
        self.stdout.write(text.encode(encoding, "replace").decode(encoding))
