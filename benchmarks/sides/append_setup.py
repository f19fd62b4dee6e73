"""Makes an empty database ready for the append benchmark: the cast, and nothing else."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from tests.cast import make_cast  # noqa: E402

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    make_cast()
