"""`manage.py replace_log_key`: sign a log with another key from now on."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.actors import Actor
from registry.errors import AssayError
from registry.models import Organisation, User
from registry.services import log_keys


class Command(BaseCommand):
    """The same service as every other door: the person named with --by must be allowed to."""

    help = "Sign a log with another key from now on. Run it where the keys of the logs are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose log, who says so, and why."""
        parser.add_argument("organisation", help="short name")
        parser.add_argument("--by", required=True, help="user name of a compliance officer or operator")
        parser.add_argument("--reason", required=True, help="why; it stands in the log")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace it, and print the checkpoint that both keys sign."""
        try:
            organisation = Organisation.objects.get(slug=options["organisation"])
            by = User.objects.get(username=options["by"])
            signed = log_keys.replace(actor=Actor.of(by), organisation=organisation, reason=options["reason"])
        except (Organisation.DoesNotExist, User.DoesNotExist) as error:
            raise CommandError(f"{error} Check the spelling.") from error
        except AssayError as error:
            raise CommandError(error.message) from error
        self.stdout.write(signed.note if signed else "The checkpoint is signed already.")
