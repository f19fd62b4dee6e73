"""`manage.py issue_token`: a token for a person or for a pipeline, shown once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.actors import Actor
from registry.errors import AssayError
from registry.models import Organisation, User
from registry.services import people, tokens
from registry.stages import Role


class Command(BaseCommand):
    """With --pipeline a service account is made for it, answered for by whoever asks."""

    help = "Issue an API token for yourself, or for a pipeline you answer for."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """For whom."""
        parser.add_argument("organisation", help="short name")
        parser.add_argument("--by", required=True, help="user name of the person; an owner, for a pipeline")
        parser.add_argument("--pipeline", help="name of a new service account in the role of CI")
        parser.add_argument("--name", default="command line")
        parser.add_argument("--days", type=int, default=90)

    def handle(self, *args: Any, **options: Any) -> None:
        """Issue it; the text goes to standard output and nowhere else."""
        try:
            organisation = Organisation.objects.get(slug=options["organisation"])
            by = User.objects.get(username=options["by"])
            _, text = tokens.issue(
                actor=Actor.of(by),
                organisation=organisation,
                user=self._for(organisation, by, options["pipeline"]),
                name=options["name"],
                days=options["days"],
            )
        except (Organisation.DoesNotExist, User.DoesNotExist) as error:
            raise CommandError(f"{error} Check the spelling.") from error
        except AssayError as error:
            raise CommandError(error.message) from error
        self.stdout.write(text)

    def _for(self, organisation: Organisation, by: User, pipeline: str | None) -> User:
        if pipeline is None:
            return by
        actor = Actor.of(by)
        account = people.create_service_account(
            actor=actor, organisation=organisation, name=pipeline, responsible=by
        )
        people.grant_role(actor=actor, organisation=organisation, user=account, role=Role.CI)
        return account
