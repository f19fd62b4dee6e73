"""Commands for conformance tests: files in, one exit code out (docs/reference/cli.md, "For machines")."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from assay_client import files, keys, strict_json, summary, times
from assay_client.log import check, checkpoints, codes, notes, policy, receipts, tree
from assay_client.log.export import Export
from assay_client.outcomes import BadInput
from assay_client.terminal import Terminal, clean

ACCEPT, REJECT, NOT_SUPPORTED = 0, 1, 3
MAX_PROOF = 1000
COMPLETE = "refuse entries at the end that no checkpoint covers yet"
MAX_ANCHORS = 64 * files.MEGABYTE

_COUNT = re.compile(r"-?[0-9]{1,40}", re.ASCII)

Add = Callable[..., argparse.ArgumentParser]
Run = Callable[[argparse.Namespace, Mapping[str, str], Terminal], int]


class Rejected(ValueError):
    """What the files say does not hold."""


def add(commands: Any) -> None:
    """Every command of this module, with its flags."""
    made = command(commands, "verify-inclusion", "Does a proof lead from a leaf to a root?", _inclusion)
    made.add_argument("--leaf-hash", required=True, metavar="HEX")
    made.add_argument("--index", required=True, type=_count, metavar="N")
    made.add_argument("--size", required=True, type=_count, metavar="N")
    made.add_argument("--root", required=True, metavar="HEX")
    made.add_argument("--proof", required=True, metavar="FILE", help="one hex hash a line")
    made = command(commands, "verify-consistency", "Does one tree extend another?", _consistency)
    for flag, metavar in (("--size1", "N"), ("--root1", "HEX"), ("--size2", "N"), ("--root2", "HEX")):
        made.add_argument(flag, required=True, metavar=metavar, type=_count if metavar == "N" else str)
    made.add_argument("--proof", required=True, metavar="FILE", help="one hex hash a line")
    made = command(commands, "verify-note", "Did one of these keys sign this note?", _note)
    made.add_argument("--note", required=True, metavar="FILE")
    made.add_argument(
        "--vkey", action="extend", nargs="*", default=[], help="name+hash+base64; several can be given"
    )
    made = command(
        commands, "parse-checkpoint", "Print origin, size and root of a checkpoint body.", _checkpoint
    )
    made.add_argument(
        "--body", required=True, metavar="FILE", help="the text of the note, without signatures"
    )
    made = command(commands, "verify-log", "Does an exported log hold?", _log)
    made.add_argument("--export", required=True, metavar="DIR")
    made.add_argument("--policy", required=True, metavar="FILE", help="whose log, and which keys may sign it")
    made.add_argument(
        "--anchor", action="extend", nargs="*", default=[], metavar="FILE", help="checkpoints kept outside"
    )
    made.add_argument("--complete", action="store_true", help=COMPLETE)
    made = command(commands, "verify-verdict", "Does a signed verdict open this door?", _verdict)
    made.add_argument("--envelope", required=True, metavar="FILE")
    made.add_argument("--policy", required=True, metavar="FILE", help="whose verdicts, and which of them")
    made.add_argument("--artifact-digest", required=True, metavar="DIGEST", help="sha256:...")
    made.add_argument("--resource", required=True, metavar="URI", help="the environment")
    made.add_argument("--at", type=moment, metavar="TIME", help="as of this time (RFC 3339) instead of now")


def moment(text: str) -> datetime:
    """A time given as a flag."""
    found = times.parse(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!a} is not a time such as 2030-01-01T12:00:00Z")
    return found


def command(commands: Any, name: str, about: str, run: Run) -> argparse.ArgumentParser:
    """One command whose refusals are exit 1, and 3 where something is not supported."""
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=about,
        description=about,
        epilog="exit codes: 0 accept, 1 reject, 3 not supported; anything else is a fault",
        allow_abbrev=False,
    )
    made.set_defaults(run=_judged(run))
    return made


def _judged(run: Run) -> Run:
    """The command, with everything that rejects turned into exit 1 and a sentence."""

    def judged(args: argparse.Namespace, environ: Mapping[str, str], terminal: Terminal) -> int:
        try:
            return run(args, environ, terminal)
        except policy.NotSupported as error:
            terminal.note(f"assay: not supported: {clean(str(error))}")
            return NOT_SUPPORTED
        except ValueError as error:  # every refusal of a parser or a check is one
            terminal.note(f"assay: rejected: {clean(str(error))}")
            return REJECT

    return judged


def _count(text: str) -> int:
    if not _COUNT.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!a} is not a whole number")
    return int(text)


def _proof(path: str) -> list[bytes]:
    text = files.small(path, "proof").decode("ascii")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    if len(lines) > MAX_PROOF or not all(len(line) == 64 for line in lines):
        raise Rejected("the proof is not one hash of 64 hexadecimal digits a line.")
    return [codes.unhex(line) for line in lines]


def _inclusion(args: argparse.Namespace, _: Mapping[str, str], __: Terminal) -> int:
    holds = tree.includes(
        leaf=codes.unhex(args.leaf_hash),
        index=args.index,
        size=_size(args.size),
        proof=_proof(args.proof),
        root=codes.unhex(args.root),
    )
    return _accept(holds, "the proof does not lead from this leaf to this root.")


def _consistency(args: argparse.Namespace, _: Mapping[str, str], __: Terminal) -> int:
    holds = tree.extends(
        size1=_size(args.size1),
        root1=codes.unhex(args.root1),
        size2=_size(args.size2),
        root2=codes.unhex(args.root2),
        proof=_proof(args.proof),
    )
    return _accept(holds, "the proof does not show that the second tree extends the first.")


def _size(size: int) -> int:
    if not 0 <= size <= codes.LARGEST:
        raise Rejected(f"{size} is not the size of a tree.")
    return size


def _accept(holds: bool, otherwise: str) -> int:
    if not holds:
        raise Rejected(otherwise)
    return ACCEPT


def _note(args: argparse.Namespace, _: Mapping[str, str], __: Terminal) -> int:
    can_verify()
    known = [notes.verifier_key(text) for text in args.vkey]
    signed = notes.signed(notes.parse(files.small(args.note, "note")), known)
    if not signed.by and signed.unsupported:
        raise policy.NotSupported("only keys of a kind that is not known here could have signed it.")
    return _accept(bool(signed.by), "none of these keys signed it.")


def _checkpoint(args: argparse.Namespace, _: Mapping[str, str], terminal: Terminal) -> int:
    data = files.small(args.body, "body")
    found = checkpoints.body(data)
    # A terminal must not obey what a stranger wrote; such an origin is printed with escapes.
    plain = found.origin == clean(found.origin, len(found.origin))
    terminal.line(found.origin if plain else ascii(found.origin)[1:-1])
    terminal.line(str(found.size))
    terminal.line(data.decode("utf-8").split("\n")[2])
    return ACCEPT


def _log(args: argparse.Namespace, _: Mapping[str, str], terminal: Terminal) -> int:
    can_verify()
    try:
        held = checked(args.export, log_policy(args.policy), args.anchor, complete=args.complete)
    except policy.BadPolicy as error:
        return _broken(check.Broken(0, check.POLICY, f"The policy: {error}."), terminal)
    except check.Broken as broken:
        return _broken(broken, terminal)
    if held.unsigned:
        terminal.note(f"assay: no checkpoint covers the last {held.unsigned} entries yet.")
    terminal.line(f"{held.head.size} {codes.base64_of(held.head.root)}")
    return ACCEPT


def _broken(broken: check.Broken, terminal: Terminal) -> int:
    terminal.line(f"{broken.index} {broken.word}")
    terminal.note(f"assay: rejected: {clean(str(broken))}")
    return REJECT


def checked(
    folder: str, chosen: policy.LogPolicy, anchor_files: Sequence[str], *, complete: bool
) -> check.Held:
    """The log in this folder, if it holds; BadInput when there is no such folder or it cannot be read."""
    try:
        if "\0" in folder or not Path(folder).is_dir():
            raise BadInput("export.missing", f"There is no folder {folder!a}.")
        held = check.check(Export(Path(folder)), chosen, anchors(anchor_files))
    except OSError as error:
        raise BadInput("export.unreadable", f"The export cannot be read: {error.strerror}.") from None
    if complete and held.unsigned:
        newest = held.newest.checkpoint.size
        raise check.Broken(newest, check.SIGNATURE, f"No checkpoint covers the last {held.unsigned} entries.")
    return held


def log_policy(path: str) -> policy.LogPolicy:
    """The policy of a log in a file."""
    try:
        return policy.parse(files.small(path, "policy"))
    except files.TooLarge as error:
        raise policy.BadPolicy(str(error)) from None


def anchors(paths: Sequence[str]) -> list[bytes]:
    """All checkpoints in these files: one directly after the other, or the one in a receipt."""
    return [note for path in paths for note in _anchors(path)]


def _anchors(path: str) -> list[bytes]:
    try:
        data = files.small(path, "anchor", MAX_ANCHORS)
        if data.startswith(check.STAMP):
            return [data]
        if data.startswith(receipts.HEADER.encode() + b"\n"):
            return [receipts.parse(data).checkpoint]
    except files.TooLarge as error:
        raise BadInput("anchor.too_large", f"{path!a} cannot be used: {error}.") from None
    except receipts.BadReceipt:
        return [b""]
    return list(checkpoints.notes(data)) or [b""]  # an empty file anchors nothing, and must not look as if


def _verdict(args: argparse.Namespace, _: Mapping[str, str], __: Terminal) -> int:
    can_verify()
    chosen = summary.parse_policy(files.small(args.policy, "policy"))
    envelope = strict_json.parse(files.small(args.envelope, "envelope"))
    found = summary.proven(
        envelope,
        chosen,
        artifact=args.artifact_digest,
        resource=args.resource,
        now=args.at or times.now(),
    )
    summary.require_allowed(found, chosen)
    return ACCEPT


def can_verify() -> None:
    """Raise where signatures cannot be verified at all."""
    if not keys.AVAILABLE:
        raise BadInput(
            "cryptography.missing", "Verifying needs the package cryptography: pip install cryptography"
        )
