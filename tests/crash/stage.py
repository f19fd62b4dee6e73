"""A program: the cast, a system and a dataset version in a fresh database; prints what the writers need, as JSON."""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
django.setup()

from registry.services import checkpoints, tokens  # noqa: E402
from tests.cast import make_cast  # noqa: E402
from tests.make import make_dataset_version, make_system  # noqa: E402

ROWS = [f"{'FM'[i % 2]},{i},{i // 2 % 2},{i // 2 % 2}" for i in range(200)]


def main() -> None:
    """Set the stage."""
    cast = make_cast()
    system = make_system(cast)
    data = "\n".join(["sex,income,repaid,prediction", *ROWS, ""]).encode()
    snapshot = make_dataset_version(cast, system, data)
    made = {
        name: tokens.issue(
            actor=cast.actor(name), organisation=cast.acme, user=getattr(cast, name), name="tests"
        )[1]
        for name in ("dev", "stew")
    }
    checkpoints.issue_all()
    told = {
        "tokens": made,
        "organisation": str(cast.acme.pk),
        "system": str(system.pk),
        "snapshot": str(snapshot.pk),
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
