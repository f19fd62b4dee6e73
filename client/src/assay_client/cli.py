"""The command line: arguments in, one exit code out, whatever happens in between."""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

from assay_client import (
    __version__,
    audit,
    gate,
    machine,
    outcomes,
    register,
    status,
    verify,
    verify_bundle,
    witness,
)
from assay_client.outcomes import BadInput, Stop
from assay_client.terminal import Terminal, clean

EPILOG = "exit codes:\n" + "\n".join(f"  {code}  {meaning}" for code, meaning in outcomes.MEANINGS.items())


if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction["_Parser"]


class _Parser(argparse.ArgumentParser):
    """Wrong arguments are bad input like any other, and are said the same way."""

    def error(self, message: str) -> NoReturn:
        raise BadInput("arguments", f"{clean(message)}. See: {self.prog} --help")


def run() -> NoReturn:
    """The console entry."""
    sys.exit(main())


def main(argv: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run one command: exit code 0 only if the command returned it and its output was written out."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    terminal = Terminal()
    try:
        args = parser().parse_args(arguments)
        return int(args.run(args, os.environ if environ is None else environ, terminal))
    except Stop as stop:
        return _stopped(stop, arguments, terminal)
    except OSError:
        terminal.give_up()
        return _stopped(
            outcomes.Unusable("output", "The answer could not be written out in full."), [], terminal
        )
    except KeyboardInterrupt:
        return _stopped(outcomes.Unusable("interrupted", "Interrupted."), arguments, terminal)
    except Exception as error:
        reason = f"Something unexpected happened in assay itself ({type(error).__name__}). Please report it."
        return _stopped(outcomes.Unusable("unexpected", reason), arguments, terminal)


def _stopped(stop: Stop, arguments: Sequence[str], terminal: Terminal) -> int:
    """Say why there is no answer; with --json also as a document, which never holds a verdict."""
    blocked = " Treated as blocked." if stop.exit_code == outcomes.UNUSABLE else ""
    terminal.note(f"assay: {stop.message}{blocked}")
    if "--json" in arguments:
        error = {"code": stop.code, "message": stop.message}
        with contextlib.suppress(OSError, ValueError):
            terminal.document({"error": error, "exit_code": stop.exit_code})
    return stop.exit_code


def parser() -> argparse.ArgumentParser:
    """Every command with its flags."""
    top = _Parser(
        prog="assay",
        description="Asks Assay whether a model may be deployed.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"assay-client {__version__}")
    commands = top.add_subparsers(title="commands", metavar="command", required=True, dest="command")
    _add_gate(commands)
    _add_register(commands)
    _add_audit(commands)
    _add_status(commands)
    verify.add(commands, EPILOG)
    witness.add(commands, EPILOG)
    machine.add(commands)
    verify_bundle.add(commands)
    return top


def _command(commands: _Commands, name: str, about: str, seconds: float) -> argparse.ArgumentParser:
    made = commands.add_parser(
        name,
        help=about,
        description=about,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--url", help="address of the service (else ASSAY_URL)")
    made.add_argument("--token", help="token (else ASSAY_TOKEN); others on this machine can see a flag")
    made.add_argument("--token-file", metavar="FILE", help="file with the token (else ASSAY_TOKEN_FILE)")
    made.add_argument(
        "--oidc",
        metavar="ORGANISATION",
        help="no stored token: exchange the identity of this CI job; ORGANISATION/IDENTITY where several fit",
    )
    made.add_argument("--key", help="public key of verdicts, or a file of them (else ASSAY_VERDICT_KEY)")
    made.add_argument("--insecure", action="store_true", help="accept plain http to another machine")
    made.add_argument(
        "--timeout", type=_seconds, default=seconds, metavar="SECONDS", help="default %(default)s"
    )
    made.add_argument("--json", action="store_true", help="answer with one JSON document")
    return made


def _add_gate(commands: _Commands) -> None:
    made = _command(commands, "gate", "May exactly these bytes go to this environment?", 30)
    made.add_argument("--digest", help="digest of the artifact, sha256:...")
    made.add_argument("--artifact", metavar="FILE", help="compute the digest of this file")
    made.add_argument("--environment", required=True, help="where it is to go, such as production")
    made.add_argument("--system", metavar="SLUG", help="needed when several systems hold these bytes")
    made.add_argument("--model-version", metavar="ID", help="needed when several versions hold these bytes")
    made.add_argument("--strict", action="store_true", help="an allow with a waiver is exit 4, not 0")
    made.add_argument("--no-waivers", action="store_true", help="an allow with a waiver is exit 1, not 0")
    made.add_argument("--nonce", help="asked with this instead of a random one; needed with --offline")
    made.add_argument("--offline", metavar="FILE", help="ask nobody: a signed verdict that was stored before")
    made.add_argument(
        "--revocations", metavar="FILE", help="with --offline: signed list of verdicts taken back"
    )
    made.set_defaults(run=gate.run)


def _add_register(commands: _Commands) -> None:
    made = _command(commands, "register", "Register an artifact as a model version.", 30)
    made.add_argument("--system", required=True, metavar="SLUG", help="the AI system it belongs to")
    made.add_argument("--organisation", metavar="SLUG", help="needed when several have a system of that name")
    made.add_argument("--model", required=True, metavar="NAME", help="the model; created if it is new")
    made.add_argument("--version", required=True, help="the version; its bytes can never change")
    made.add_argument("--artifact", required=True, metavar="FILE", help="the file to upload")
    made.add_argument("--format", required=True, help="what the file is, such as xgboost_json")
    made.add_argument("--training", metavar="FILE", help="JSON object with the training run record")
    made.add_argument(
        "--dataset",
        action="append",
        default=[],
        metavar="NAME@VERSION",
        help="trained on this; may be repeated",
    )
    made.add_argument(
        "--upload-timeout",
        type=_seconds,
        default=3600,
        metavar="SECONDS",
        help="for all of it; default %(default)s",
    )
    made.set_defaults(run=register.run)


def _add_audit(commands: _Commands) -> None:
    made = _command(commands, "audit", "Have a model version measured on a dataset version.", 1800)
    made.add_argument(
        "--version", required=True, metavar="VERSION", help="model version: id, or digest sha256:..."
    )
    made.add_argument("--system", metavar="SLUG", help="needed when several systems hold that digest")
    made.add_argument("--organisation", metavar="SLUG", help="needed when several have a system of that name")
    made.add_argument(
        "--dataset", required=True, metavar="DATASET", help="dataset version: id, or name@version"
    )
    made.add_argument("--mapping", required=True, metavar="FILE", help="JSON object: what the columns mean")
    made.add_argument(
        "--wait", action="store_true", help="wait for the outcome; without it 0 means: requested"
    )
    made.set_defaults(run=audit.run)


def _add_status(commands: _Commands) -> None:
    made = _command(commands, "status", "Can the service be reached, and as whom? Opens no gate.", 30)
    made.set_defaults(run=status.run)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.1 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!a} is not a number of seconds between 0.1 and 86400")
    return seconds
