"""`manage.py link_person`: two accounts are one human."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.actors import Actor
from registry.errors import AssayError
from registry.models import User
from registry.services import members


class Command(BaseCommand):
    """Two accounts of one person must not count as two people where different people are asked for."""

    help = "Say that an account is a further account of a person, so that both count as one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which accounts."""
        parser.add_argument("account", help="user name of the further account")
        parser.add_argument("person", help="user name of the first account")

    def handle(self, *args: Any, **options: Any) -> None:
        """Link them."""
        try:
            account = User.objects.get(username=options["account"])
            person = User.objects.get(username=options["person"])
            members.link(actor=Actor.system("operator"), account=account, person=person)
        except User.DoesNotExist as error:
            raise CommandError(f"{error} Check the spelling.") from error
        except AssayError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"● What {account.username} does, and did, counts as {person.username}'s.")
