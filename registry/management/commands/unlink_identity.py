"""`manage.py unlink_identity`: the sign-in service made a new identity for somebody."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.actors import Actor
from registry.models import User
from registry.services import single_sign_on


class Command(BaseCommand):
    """The next identity with the person's verified address signs in as them: make sure that it is theirs."""

    help = "Free a person's account for another identity of the organisation's own sign-in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Free it."""
        try:
            user = User.objects.get(username=options["username"])
        except User.DoesNotExist as error:
            raise CommandError(f"{error} Check the spelling.") from error
        if not single_sign_on.release(actor=Actor.system("operator"), user=user):
            raise CommandError(f"No identity signs in as {user.username}.")
        self.stdout.write(
            f"● The next identity with the verified address {user.email} signs in as {user.username}."
        )
