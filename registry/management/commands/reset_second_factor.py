"""`manage.py reset_second_factor`: somebody lost their phone and their recovery codes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.actors import Actor
from registry.models import User
from registry.services import sign_ins


class Command(BaseCommand):
    """Make sure first, by another way than mail, that it is they who ask."""

    help = "Remove a person's second factor, so that they can set up a new one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove it."""
        try:
            user = User.objects.get(username=options["username"], is_service=False)
        except User.DoesNotExist as error:
            raise CommandError(f"{error} Check the spelling.") from error
        if not sign_ins.remove_factors(actor=Actor.system("operator"), user=user):
            raise CommandError(f"{user.username} has no second factor.")
        self.stdout.write(f"● {user.username} signs in without a second factor until they set one up.")
