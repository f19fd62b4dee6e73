"""Publish Assay's own policies for every risk tier that has none in force."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.services import policies
from registry.actors import Actor
from registry.errors import AssayError
from registry.models import Organisation, User


class Command(BaseCommand):
    """`publish_policies --organisation acme --by cora`."""

    help = "Publish the default policy of every risk tier that has none in force."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose policies, and in whose name."""
        parser.add_argument("--organisation", required=True, help="short name of the organisation")
        parser.add_argument("--by", required=True, help="user name of someone who may publish policies there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Publish, and say what."""
        try:
            organisation = Organisation.objects.get(slug=options["organisation"])
            user = User.objects.get(username=options["by"])
            published = policies.publish_defaults(actor=Actor.of(user), organisation=organisation)
        except (Organisation.DoesNotExist, User.DoesNotExist) as error:
            raise CommandError(f"{error} Check the spelling.") from error
        except AssayError as error:
            raise CommandError(error.message) from error
        for policy in published:
            if options["verbosity"]:
                self.stdout.write(f"published: {policy.name} {policy.number} ({policy.tier}) {policy.digest}")
        if not published:
            self.stdout.write("Every tier has a policy in force already.")
