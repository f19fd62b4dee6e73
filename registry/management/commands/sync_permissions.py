"""`manage.py sync_permissions`: let existing grants follow the table of roles. Migrating does it too."""

from typing import Any

from django.core.management.base import BaseCommand

from registry.actors import Actor
from registry.services import permissions


class Command(BaseCommand):
    """Safe to run at any time; it changes only what differs, and says so in the log."""

    help = "Make everybody's permissions exactly those of their roles."

    def handle(self, *args: Any, **options: Any) -> None:
        """Put right what differs."""
        found = permissions.synchronise(actor=Actor.system("operator"))
        added = sum(len(one.missing) for one in found)
        removed = sum(len(one.excess) for one in found)
        self.stdout.write(f"● {len(found)} grants differed: {added} permissions added, {removed} removed.")
