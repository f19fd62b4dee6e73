"""`manage.py demo`: run the main job on generated data, then serve the portal."""

import logging
import secrets
import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from governance.demo import people, processes
from governance.demo.calls import Caller, CallFailed
from governance.demo.job import Job, Result
from registry.models import Organisation
from registry.services import verifications


class Command(BaseCommand):
    """The whole way from registered facts to a decision, with a real server and a real worker."""

    help = (
        "Run the main job on generated data: register, audit, approve, report, decide; then serve the portal."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to go on serving, where, and with which password."""
        parser.add_argument(
            "--serve", type=int, choices=(0, 1), default=1, help="1: go on serving the portal"
        )
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--password", help="of all sign-ins; made up when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, run, tell, serve."""
        call_command("migrate", verbosity=0)
        if Organisation.objects.exists():
            raise CommandError(
                "This database has data already. `make demo` uses a folder of its own;"
                " or set ASSAY_VAR_DIR to an empty one."
            )
        folder = Path(settings.VAR_DIR)
        password = options["password"] or secrets.token_urlsafe(9)
        self.say("Prepare the embedded database, Northbank and its people")
        logging.disable(
            logging.WARNING
        )  # messages that no worker takes yet are nothing to worry a newcomer with
        tokens = people.make(password)
        call_command("publish_policies", organisation=people.SLUG, by="cora", verbosity=0)
        verifications.verify(Organisation.objects.get(slug=people.SLUG))  # later beat does
        logging.disable(logging.NOTSET)
        try:
            with processes.running(processes.free_port(options["port"]), folder / "logs") as base:
                self.say(f"Start the server at {base} and a worker")
                callers = {name: Caller(name, base, token) for name, token in tokens.items()}
                result = Job(callers, folder / "files", self.say).run()
                self._tell(result)
                if options["serve"]:
                    self._serve(base, password, tokens[people.PIPELINE], result)
        except (processes.DidNotStart, CallFailed) as error:
            raise CommandError(f"{error}\nThe logs are in {folder / 'logs'}.") from error

    def say(self, line: str) -> None:
        """One step, at once."""
        self.stdout.write(line if not line or line.startswith("    ") else f"→ {line}")
        self.stdout.flush()

    def _tell(self, result: Result) -> None:
        verdicts = [decision["verdict"] for decision in result.decisions.values()]
        if verdicts != ["deny", "allow"]:
            raise CommandError(
                f"The first version was to be blocked and the second allowed; the gate said {verdicts}."
            )
        self.say("")
        for version, decision in result.decisions.items():
            words = "● allowed" if decision["verdict"] == "allow" else "■ blocked"
            self.say(f"scorecard {version}: {words}, decision {decision['decision_id']}")
        self.say(f"The report: {result.report}")

    def _serve(self, base: str, password: str, token: str, result: Result) -> None:
        self.say("")
        self.say(f"The portal is at {base}. Sign in as one of these, password {password}")
        for person in people.PEOPLE:
            self.say(
                f"    {person.username:8} {person.first_name} {person.last_name}, {person.role.label.lower()}"
            )
        self.say("Ask the gate as a pipeline does; exit 0 means allowed, 1 blocked:")
        self.say(f"    export ASSAY_URL={base} ASSAY_TOKEN={token}")
        key = Caller(people.PIPELINE, base, token).get("/gate/key")["key"]
        self.say(f"    export ASSAY_VERDICT_KEY='{key}'")
        for decision in result.decisions.values():
            digest = decision["artifact_digest"]
            self.say(f"    .venv/bin/assay gate --environment production --digest {digest}")
        self.say("Ctrl-C stops it.")
        stop = threading.Event()

        def end(number: int, frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGINT, end)
        signal.signal(signal.SIGTERM, end)
        stop.wait()
        self.say("Stopping the server and the worker")
