"""A program: checkpoints and anchors one after the other without a pause, so that whoever kills it meets it at work.

The worker of the service does the same once a second beside it; the two take turns.
"""

import logging
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
django.setup()

from django.db import connection  # noqa: E402

from registry.services import anchors, checkpoints  # noqa: E402

if __name__ == "__main__":
    while True:
        try:
            checkpoints.issue_all()
            anchors.anchor_all()
        except Exception:  # the database may be gone at any moment, and is back at another
            logging.getLogger(__name__).exception("again")
        connection.close_if_unusable_or_obsolete()
