"""`manage.py create_organisation`: the first organisation and its owner, or another tenant."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from registry.actors import Actor
from registry.errors import AssayError
from registry.management.commands.create_user import new_user
from registry.models import User
from registry.services import people


class Command(BaseCommand):
    """Creates a tenant with its log and its owner; the password is asked for, or read from ASSAY_OWNER_PASSWORD."""

    help = "Create an organisation and its owner. An existing user may own it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What it is called and who owns it."""
        parser.add_argument("slug", help="short name, in addresses and commands")
        parser.add_argument("name")
        parser.add_argument("--owner", required=True, help="user name of the owner; made when there is none")
        parser.add_argument("--email", default="", help="of a new owner")

    def handle(self, *args: Any, **options: Any) -> None:
        """Both or neither."""
        try:
            with transaction.atomic():
                owner = User.objects.filter(username=options["owner"]).first() or new_user(
                    options["owner"], options["email"]
                )
                people.create_organisation(
                    actor=Actor.system("operator"), slug=options["slug"], name=options["name"], owner=owner
                )
        except AssayError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"● {options['name']} is there, owned by {owner.username}. Next: publish_policies.")
