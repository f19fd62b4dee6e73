"""The Celery application. Tasks carry ids only; rows with leases hold the truth."""

import os
import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from celery import Celery, signals
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps

from registry.ledger import safety

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")


class WholeMessages(filesystem.Channel):
    """A queue in a folder in which a message has its name only when all of it is written.

    The library's own channel writes under the final name; a worker that looks in between reads half a message, and
    stops for good.
    """

    # The stubs of the library name the argument differently in its two parents.
    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        part = folder / f".{name}.part"
        try:
            part.write_bytes(str_to_bytes(dumps(payload)))
            part.replace(folder / name)
        except OSError as error:
            raise ChannelError(f"Cannot add file {name!r} to the queue's folder.") from error


class Transport(filesystem.Transport):
    """The embedded queue of a first run."""

    Channel = WholeMessages


TRANSPORT_ALIASES["filesystem"] = "governance.celery:Transport"

app = Celery("assay")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_init.connect
@signals.beat_init.connect
def refuse_unsafe(**kwargs: Any) -> None:
    """No worker and no beat where the log could be changed by the role they run as."""
    try:
        safety.refuse_unsafe()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error  # the library would only log any other error


@signals.worker_init.connect
def compare_logs(**kwargs: Any) -> None:
    """A database that was cut or restored is noticed before the first task changes anything."""
    app.tasks["registry.compare_logs"]()
    connections.close_all()  # the processes that are forked from this one must not inherit any
