"""Take a step of the lifecycle on the server itself, in somebody's name."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.services import transitions
from registry import selectors as facts
from registry.actors import Actor
from registry.errors import AssayError, GateRefused
from registry.models import ModelVersion, System, User

REFUSED, BAD_INPUT = 1, 2


class Command(BaseCommand):
    """`transition --model-version UUID --to production --as dev`; exit 0 moved, 1 gate closed, 2 not possible."""

    help = "Move a model version or a system one step, or list the steps from where it stands."

    def add_arguments(self, parser: CommandParser) -> None:
        """What moves, where to, why, and in whose name."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--model-version", help="identifier of a model version")
        what.add_argument("--system", help="identifier of a system")
        parser.add_argument("--to", default="", help="the stage; without it the steps are listed")
        parser.add_argument("--reason", default="", help="why; needed where no gate stands in the step")
        parser.add_argument(
            "--as", dest="user", required=True, help="user name of someone who may take the step"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Move or list."""
        try:
            actor = Actor.of(User.objects.get(username=options["user"], is_active=True))
            subject = self._subject(actor, options)
            if options["to"]:
                self._move(actor, subject, options["to"], options["reason"])
            else:
                self._list(actor, subject)
        except User.DoesNotExist as error:
            raise CommandError("There is no such active user.", returncode=BAD_INPUT) from error
        except GateRefused as error:
            for finding in error.findings:
                self.stdout.write(f"  {finding['state']}: {finding['sentence']}")
            raise CommandError(error.message, returncode=REFUSED) from error
        except AssayError as error:
            raise CommandError(error.message, returncode=BAD_INPUT) from error

    def _subject(self, actor: Actor, options: dict[str, Any]) -> ModelVersion | System:
        if options["system"]:
            return facts.get(System.objects.all(), actor, pk=options["system"])
        rows = ModelVersion.objects.select_related("artifact", "model__system")
        return facts.get(rows, actor, pk=options["model_version"])

    def _move(self, actor: Actor, subject: ModelVersion | System, to: str, reason: str) -> None:
        moved: ModelVersion | System
        if isinstance(subject, ModelVersion):
            moved = transitions.request(actor=actor, version=subject, to=to, reason=reason)
        else:
            moved = transitions.request_system(actor=actor, system=subject, to=to, reason=reason)
        self.stdout.write(f"{moved} moved from {subject.stage} to {moved.stage}.")

    def _list(self, actor: Actor, subject: ModelVersion | System) -> None:
        if isinstance(subject, ModelVersion):
            options = transitions.options(actor, subject)
        else:
            options = transitions.options_system(actor, subject)
        self.stdout.write(f"{subject} stands at {subject.stage}.")
        for option in options:
            why = "possible" if option.possible else "closed" if option.permitted else "not permitted"
            self.stdout.write(f"  {option.transition.to_stage}: {why}")
            for action in option.decided.unblock_plan if option.decided and option.permitted else ():
                self.stdout.write(f"    to do: {action}")
