"""Ask the gate on the server itself. Pipelines use the client, `assay gate`, which also verifies the signature."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.gates.spec import Verdict
from governance.services import answers, decisions
from registry.actors import Actor
from registry.errors import AssayError
from registry.models import User

DENIED, BAD_INPUT = 1, 2


class Command(BaseCommand):
    """`gate --digest sha256:… --environment production --as adam`; exit 0 allow, 1 deny, 2 bad input."""

    help = "May exactly these bytes go to this environment? Prints every finding."

    def add_arguments(self, parser: CommandParser) -> None:
        """What is asked, and as whom."""
        parser.add_argument("--digest", required=True, help="sha256:… of the artifact")
        parser.add_argument("--environment", required=True)
        parser.add_argument(
            "--as", dest="user", required=True, help="user name of someone who may ask the gate"
        )
        parser.add_argument("--system", default="", help="short name, when several systems have these bytes")
        parser.add_argument("--no-waivers", action="store_true", help="an allow with a waiver is exit 1")
        parser.add_argument("--json", action="store_true", help="print the whole answer")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, print, and end with the exit code of the verdict."""
        try:
            actor = Actor.of(User.objects.get(username=options["user"], is_active=True))
            answer = decisions.ask(
                actor=actor,
                artifact_digest=options["digest"],
                environment=options["environment"],
                system=options["system"],
            )
        except User.DoesNotExist as error:
            raise CommandError("There is no such active user.", returncode=BAD_INPUT) from error
        except AssayError as error:
            raise CommandError(error.message, returncode=BAD_INPUT) from error
        if options["json"]:
            self.stdout.write(json.dumps(answers.document(answer, None), indent=2, ensure_ascii=False))
        else:
            self._tell(answer)
        if not answer.decided.allows:
            raise CommandError("The gate is closed.", returncode=DENIED)
        if options["no_waivers"] and answer.decided.verdict is Verdict.ALLOW_WITH_WAIVER:
            raise CommandError("The gate is open with a waiver only.", returncode=DENIED)

    def _tell(self, answer: decisions.Answer) -> None:
        self.stdout.write(f"{answer.decided.verdict}: {answer.artifact_digest} to {answer.environment}")
        self.stdout.write(f"  decision: {answer.decision_id}")
        for finding in answer.decided.findings:
            self.stdout.write(f"  {finding.state}: {finding.sentence}")
        for waiver in answer.decided.waivers:
            self.stdout.write(f"  waiver: {waiver}")
        for number, action in enumerate(answer.decided.unblock_plan, start=1):
            self.stdout.write(f"  to do {number}: {action}")
