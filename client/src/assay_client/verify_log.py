"""`assay verify log`, `receipt` and `checkpoint`: does a log, or what it handed out, hold?"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from assay_client import files, machine
from assay_client.log import check, codes, policy, receipts
from assay_client.log.check import Broken
from assay_client.log.entries import MAX_ENTRY
from assay_client.log.policy import LogPolicy, Proven
from assay_client.outcomes import BadInput, Unusable
from assay_client.shown import fails, holds
from assay_client.terminal import Terminal, clean

# What a broken log means to whoever has to act on it.
MEANS = {
    check.LEAF: "An entry was changed after it was written.",
    check.GAP: "Entries were removed, added or moved.",
    check.CHAIN: "The hashes were changed, or entries under them together with their own hashes.",
    check.ROOT: "The log was rewritten after it was signed.",
    check.SIGNATURE: "Nobody whose key was agreed beforehand signed this.",
    check.ROLLBACK: "The log was longer once: its end was cut off, or an old backup was restored.",
    check.FORK: "The log has two histories: this one, and the one that was anchored.",
    check.POLICY: "This is not what was agreed beforehand.",
}


def _log_flags(made: argparse.ArgumentParser) -> None:
    made.add_argument("--policy", metavar="FILE", help="whose log, which keys may sign it, which witnesses")
    made.add_argument(
        "--key", metavar="VKEY", help="instead of a policy: the one key of the log, for all sizes"
    )
    made.add_argument("--origin", help="with --key: whose log, when its key has another name")


def checkpoint_flags(made: argparse.ArgumentParser) -> None:
    """The flags of a checkpoint."""
    made.add_argument("file", metavar="FILE", help="a signed checkpoint")
    _log_flags(made)


def receipt_flags(made: argparse.ArgumentParser) -> None:
    """The flags of a receipt."""
    made.add_argument("file", metavar="FILE", help="a receipt (.tlog-proof)")
    made.add_argument(
        "--entry", metavar="FILE", help="the entry's bytes, where they are too many for the receipt"
    )
    _log_flags(made)


def export_flags(made: argparse.ArgumentParser) -> None:
    """The flags of an exported log."""
    made.add_argument("folder", metavar="DIR", help="an exported log")
    _log_flags(made)
    made.add_argument(
        "--anchor",
        action="append",
        default=[],
        metavar="FILE",
        help="checkpoints kept outside; may be repeated",
    )
    made.add_argument("--complete", action="store_true", help=machine.COMPLETE)


def _log_policy(args: argparse.Namespace) -> LogPolicy:
    """The policy that was pinned, as a file or as one key."""
    if (args.policy is None) == (args.key is None):
        raise BadInput(
            "policy.missing", "Say what was agreed beforehand: give --policy FILE or --key VKEY, not both."
        )
    if args.policy is not None and args.origin is not None:
        raise BadInput("policy.origin", "The policy names the log already: leave out --origin.")
    machine.can_verify()
    try:
        return machine.log_policy(args.policy) if args.key is None else policy.for_key(args.key, args.origin)
    except policy.BadPolicy as error:
        raise BadInput("policy.invalid", f"The policy cannot be used: {clean(str(error))}.") from None


def checkpoint(args: argparse.Namespace, _: Mapping[str, str], terminal: Terminal) -> int:
    """Is this the size and the head of that log, signed by its key?"""
    chosen = _log_policy(args)
    try:
        proven = chosen.proven(files.small(args.file, "checkpoint"))
        chosen.require_quorum(proven)
    except (policy.NotProven, files.TooLarge) as error:
        return fails(terminal, args, "the checkpoint does not hold", str(error))
    except policy.NotSupported as error:
        raise _not_supported(error) from None
    return holds(terminal, args, f"the checkpoint holds: {_size(proven)}", _about(proven))


def receipt(args: argparse.Namespace, _: Mapping[str, str], terminal: Terminal) -> int:
    """Did the log keep this entry?"""
    chosen = _log_policy(args)
    try:
        beside = None if args.entry is None else files.small(args.entry, "entry", MAX_ENTRY)
        kept = receipts.kept(files.small(args.file, "receipt"), chosen, beside)
    except (receipts.BadReceipt, policy.NotProven, files.TooLarge) as error:
        return fails(terminal, args, "the receipt does not hold", str(error))
    except policy.NotSupported as error:
        raise _not_supported(error) from None
    said = kept.entry.document
    subject = said["subject"] if isinstance(said["subject"], dict) else {}
    about = {
        "index": kept.entry.index,
        "event": said["event"],
        "at": said["at"],
        "subject": f"{subject.get('kind')} {subject.get('id')}",
        "checkpoint": _size(kept.proven),
        **_about(kept.proven),
    }
    return holds(terminal, args, f"the log kept it: entry {kept.entry.index} of {chosen.origin}", about)


def log(args: argparse.Namespace, _: Mapping[str, str], terminal: Terminal) -> int:
    """Does an exported log hold, from its first entry to its last, and against what was kept outside?"""
    chosen = _log_policy(args)
    try:
        held = machine.checked(args.folder, chosen, args.anchor, complete=args.complete)
    except Broken as broken:
        first = {"index": broken.index, "word": broken.word, "means": MEANS[broken.word]}
        return fails(
            terminal,
            args,
            f"the log does not hold, first at entry {broken.index}: {broken.word}",
            str(broken),
            first,
        )
    except policy.NotSupported as error:
        raise _not_supported(error) from None
    about = {
        "root": codes.base64_of(held.head.root),
        "checkpoints": f"{held.checkpoints}, the newest of {_size(held.newest)}",
        "witnesses": ", ".join(held.newest.witnesses) or "none",
        "anchors": f"{held.anchors} agree"
        if held.anchors
        else "none given, so a log that was cut or rewritten by whoever has its key could not be noticed",
        **({"not signed yet": f"the last {held.unsigned} entries"} if held.unsigned else {}),
    }
    return holds(terminal, args, f"the log holds: {held.head.size} entries of {chosen.origin}", about)


def _size(proven: Proven) -> str:
    return f"{proven.checkpoint.size} entries"


def _about(proven: Proven) -> dict[str, Any]:
    return {
        "log": proven.checkpoint.origin,
        "root": codes.base64_of(proven.checkpoint.root),
        "witnesses": ", ".join(proven.witnesses) or "none",
    }


def _not_supported(error: policy.NotSupported) -> Unusable:
    return Unusable("verify.not_supported", str(error))
