"""`manage.py reopen_log`: ask for a stopped log to be opened again, or agree and open it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.actors import Actor
from registry.errors import AssayError
from registry.models import Organisation, Reopening, User
from registry.services import reopenings


class Command(BaseCommand):
    """The same services as every other door; the second one runs where the checkpointer's memory is."""

    help = "Ask for a stopped log to be opened again (--reason); as another person agree, and open it (--confirm)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose log, who says so, and which of the two steps."""
        parser.add_argument("organisation", help="short name")
        parser.add_argument("--by", required=True, help="user name of a compliance officer or operator")
        step = parser.add_mutually_exclusive_group(required=True)
        step.add_argument("--reason", help="what happened, and why the log may go on; it stands in the log")
        step.add_argument("--confirm", action="store_true", help="agree with what another person asked for")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the step."""
        try:
            organisation = Organisation.objects.get(slug=options["organisation"])
            actor = Actor.of(User.objects.get(username=options["by"]))
            if not options["confirm"]:
                reopenings.propose(actor=actor, organisation=organisation, reason=options["reason"])
                self.stdout.write("● Asked for. Another person confirms it: --confirm --by USER.")
                return
            asked = Reopening.objects.get(organisation=organisation, done_at=None)
            if asked.confirmed_at is None:
                asked = reopenings.confirm(actor=actor, reopening=asked)
            reopenings.carry_out(asked.pk)
        except (Organisation.DoesNotExist, User.DoesNotExist) as error:
            raise CommandError(f"{error} Check the spelling.") from error
        except Reopening.DoesNotExist as error:
            raise CommandError("Nobody has asked for this yet: --reason TEXT --by USER.") from error
        except AssayError as error:
            raise CommandError(error.message) from error
        self.stdout.write("● The log is open again. Whoever verifies it pins its new origin and key.")
