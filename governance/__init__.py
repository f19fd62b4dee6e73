"""What *may happen*: lifecycle, policies, gates, approvals, decisions, reports — and the wiring of the service."""

# Without this import a web process would use Celery's default app and try AMQP on localhost.
from governance.celery import app as celery_app

__all__ = ["celery_app"]
