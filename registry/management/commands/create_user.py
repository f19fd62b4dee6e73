"""`manage.py create_user`: an account for a person."""

import getpass
import os
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from registry.models import User


def new_user(username: str, email: str, *, sso: bool = False) -> User:
    """A new account whose password is read from ASSAY_OWNER_PASSWORD, or asked for; without one for single sign-on."""
    user = User(username=username, email=email)
    try:
        if sso:
            user.set_unusable_password()
        else:
            password = os.environ.get("ASSAY_OWNER_PASSWORD") or getpass.getpass(f"Password of {username}: ")
            validate_password(password, user)
            user.set_password(password)
        user.full_clean()
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    user.save()
    return user


class Command(BaseCommand):
    """An account alone may do nothing; `grant_role` gives it a place."""

    help = "Create an account for a person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who it is."""
        parser.add_argument("username")
        parser.add_argument("--email", default="")
        parser.add_argument(
            "--sso", action="store_true", help="no password: signs in at the organisation's own sign-in only"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create it."""
        if options["sso"] and not options["email"]:
            raise CommandError("The organisation's own sign-in knows people by their address: give --email.")
        user = new_user(options["username"], options["email"], sso=options["sso"])
        self.stdout.write(f"● {user.username} can sign in. Next: grant_role.")
