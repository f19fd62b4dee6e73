"""`manage.py erase_person`: erase a person's data; what they did stays, under a number."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.services import erasure
from registry.actors import Actor
from registry.errors import AssayError
from registry.models import Organisation, User


class Command(BaseCommand):
    """The same service as every other door: the person named with --by must be allowed to."""

    help = "Erase a person: name, address, sign-in and, if asked, what they wrote. It cannot be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whom, where, who says so, and why."""
        parser.add_argument("username")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--organisation", help="short name of the only one they were ever a member of")
        where.add_argument("--everywhere", action="store_true", help="in every organisation they were in")
        parser.add_argument(
            "--by", required=True, help="user name of an owner of each of these organisations"
        )
        parser.add_argument("--reason", required=True, help="why, without naming the person; it is kept")
        parser.add_argument("--under", default="GDPR Art. 17", help="the law; it stands in the log for ever")
        parser.add_argument("--texts", action="store_true", help="also comments and reasons they wrote")
        parser.add_argument("--reports", action="store_true", help="also stored reports that name them")

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase, and say what went and what stays."""
        try:
            done = erasure.erase(
                actor=Actor.of(_account(options["by"])),
                user=_account(options["username"]),
                organisation=_organisation(options["organisation"]),
                reason=options["reason"],
                under=options["under"],
                texts=options["texts"],
                reports=options["reports"],
            )
        except (Organisation.DoesNotExist, User.DoesNotExist) as error:
            raise CommandError(f"{error} Check the spelling.") from error
        except AssayError as error:
            raise CommandError(error.message) from error
        self.stdout.write(
            f"● {done.name}: {done.texts} texts of the log, {done.rows} rows and {done.files} files erased."
        )
        if done.reports and done.reports_kept:
            self.stdout.write(f"▲ {done.reports} stored reports still name them. --reports erases those too.")
        self.stdout.write(
            "▲ Backups, and what was exported or printed before, are out of reach: see the documentation."
        )


def _account(username: str) -> User:
    return User.objects.get(username=username)


def _organisation(slug: str | None) -> Organisation | None:
    return Organisation.objects.get(slug=slug) if slug else None
