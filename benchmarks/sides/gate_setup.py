"""Makes an empty database ready for the gate's benchmark; prints the pipeline's token and the question."""

import json
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from governance.services import policies, reports  # noqa: E402
from registry.services import tokens  # noqa: E402
from tests.cast import make_cast  # noqa: E402
from tests.conftest import LEAN_POLICIES  # noqa: E402
from tests.governance import staging  # noqa: E402


def main() -> None:
    """One version that the gate lets through, made by the real services; only the printer is stood in for."""
    call_command("migrate", verbosity=0)
    for name, stand_in in (
        ("validation_report", lambda dossier: dossier),
        ("render_in_child", lambda document: staging.printed()),
    ):
        setattr(reports, name, stand_in)
    policies.DEFAULTS = LEAN_POLICIES  # type: ignore[misc]
    reports.codec.to_json = lambda document: b"{}"  # type: ignore[attr-defined]
    cast = make_cast()
    version = staging.allowed(cast)
    _, token = tokens.issue(actor=cast.actor("olga"), organisation=cast.acme, user=cast.ci, name="benchmark")
    print(json.dumps({"token": token, "digest": version.artifact.digest}))


if __name__ == "__main__":
    main()
