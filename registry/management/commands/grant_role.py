"""`manage.py grant_role`: give somebody a role, in the name of an owner."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.actors import Actor
from registry.errors import AssayError
from registry.models import Organisation, System, User
from registry.services import people
from registry.stages import Role


class Command(BaseCommand):
    """The same service as every other door: the owner named with --by must be allowed to."""

    help = "Give a user a role in an organisation, or on one system of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who becomes what, and who says so."""
        parser.add_argument("organisation", help="short name")
        parser.add_argument("user", help="user name")
        parser.add_argument("role", choices=Role.values)
        parser.add_argument("--by", required=True, help="user name of an owner")
        parser.add_argument("--system", help="short name: only on this system")

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant it."""
        try:
            organisation = Organisation.objects.get(slug=options["organisation"])
            by = User.objects.get(username=options["by"])
            user = User.objects.get(username=options["user"])
            system = (
                System.objects.get(organisation=organisation, slug=options["system"])
                if options["system"]
                else None
            )
            people.grant_role(
                actor=Actor.of(by),
                organisation=organisation,
                user=user,
                role=Role(options["role"]),
                system=system,
            )
        except (Organisation.DoesNotExist, User.DoesNotExist, System.DoesNotExist) as error:
            raise CommandError(f"{error} Check the spelling.") from error
        except AssayError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"● {user.display_name} is {Role(options['role']).label.lower()} now.")
