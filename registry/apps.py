"""The registry app."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Facts and the ledger."""

    name = "registry"
    verbose_name = "Registry"
