"""`manage.py deactivate_user`: close an account, everywhere and at once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.actors import Actor
from registry.errors import AssayError
from registry.models import User
from registry.services import members


class Command(BaseCommand):
    """For whoever runs the service: a person who left, or an account that is in wrong hands."""

    help = "Close an account: its memberships, roles and tokens end in every organisation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Close it."""
        try:
            user = User.objects.get(username=options["username"])
            members.deactivate_account(actor=Actor.system("operator"), user=user)
        except User.DoesNotExist as error:
            raise CommandError(f"{error} Check the spelling.") from error
        except AssayError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"● The account of {user.display_name} is closed; its roles and tokens have ended.")
