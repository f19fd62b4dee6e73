"""`manage.py migrate`: as the owner of the tables; afterwards the log has its guards and the service its rights."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections

from registry.ledger import guards, rights

SAME = ("ENGINE", "NAME")


class Command(migrate.Command):
    """Django's own, between becoming the owner and handing the service its rights."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate; then guard what there is to guard, and grant."""
        connection, owner = connections[options["database"]], settings.ASSAY_OWNER_DATABASE
        runtime = str(connection.settings_dict["USER"])
        if owner is not None:
            _become(owner, connection)
        super().handle(*args, **options)
        if options["plan"] or options["check_unapplied"] or options["app_label"]:
            return
        guards.install(connection)
        if owner is not None:
            rights.grant(connection, runtime)
            if options["verbosity"]:
                self.stdout.write(f"● {runtime} may add to the log and change nothing in it.")


def _become(owner: dict[str, Any], connection: Any) -> None:
    own = connection.settings_dict
    if connection.vendor != "postgresql" or [owner[part] for part in SAME] != [own[part] for part in SAME]:
        raise CommandError("ASSAY_OWNER_DATABASE_URL must name the same PostgreSQL database as DATABASE_URL.")
    if owner["USER"] == own["USER"]:
        raise CommandError(
            "ASSAY_OWNER_DATABASE_URL and DATABASE_URL name the same role. Make two: see the how-to “Run the service”."
        )
    connection.close()
    own.update({part: owner[part] for part in ("USER", "PASSWORD", "HOST", "PORT")})
