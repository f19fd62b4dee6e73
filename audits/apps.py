"""The audits app."""

from django.apps import AppConfig


class AuditsConfig(AppConfig):
    """Evidence."""

    name = "audits"
    verbose_name = "Audits"

    def ready(self) -> None:
        """Register tasks by name, also in web processes, so that services can enqueue them."""
        import audits.tasks  # noqa: F401, PLC0415
