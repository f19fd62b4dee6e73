"""The governance app."""

from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    """Decisions and wiring."""

    name = "governance"
    verbose_name = "Governance"

    def ready(self) -> None:
        """Register tasks by name, also in web processes, so that services can enqueue them."""
        import governance.tasks  # noqa: F401, PLC0415
