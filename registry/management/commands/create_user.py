"""`manage.py create_user`: an account for a person."""

import getpass
import os
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from registry.models import User


def new_user(username: str, email: str) -> User:
    """A new account whose password is read from ASSAY_OWNER_PASSWORD, or asked for."""
    password = os.environ.get("ASSAY_OWNER_PASSWORD") or getpass.getpass(f"Password of {username}: ")
    user = User(username=username, email=email)
    try:
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

    def handle(self, *args: Any, **options: Any) -> None:
        """Create it."""
        user = new_user(options["username"], options["email"])
        self.stdout.write(f"● {user.username} can sign in. Next: grant_role.")
