"""The registry app."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate


class RegistryConfig(AppConfig):
    """Facts and the ledger."""

    name = "registry"
    verbose_name = "Registry"

    def ready(self) -> None:
        """Register tasks and checks; after migrations, let existing grants follow the table of roles."""
        import registry.ledger.safety  # noqa: PLC0415 - registers its check
        import registry.tasks  # noqa: F401, PLC0415 - models exist only once the apps are loaded

        # Django makes the rows of permissions app by app; auth comes after the apps that declare them.
        post_migrate.connect(_follow_the_table, sender=apps.get_app_config("auth"))


def _follow_the_table(using: str, **kwargs: Any) -> None:
    from registry.actors import Actor  # noqa: PLC0415 - models exist only once the apps are loaded
    from registry.models import RoleGrant  # noqa: PLC0415
    from registry.services import permissions  # noqa: PLC0415

    # Migrated one app at a time, or backwards, there may be nothing yet to follow.
    if RoleGrant._meta.db_table in connections[using].introspection.table_names():
        permissions.synchronise(actor=Actor.system("migration"))
