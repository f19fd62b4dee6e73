"""What the log kept: every entry stands in one signed checkpoint, and says what the facts say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from assay_client import times
from assay_client.bundle.archive import BadBundle
from assay_client.bundle.contents import Signed
from assay_client.decide.facts import Fact
from assay_client.log import receipts, tree
from assay_client.log.entries import Entry, NotAnEntry, entry, log_of
from assay_client.log.policy import LogPolicy, NotProven, Proven
from assay_client.verdict import MAX_SKEW

FOLDER = "log/entries/"
LATE = timedelta(minutes=10)  # a decision is kept as soon as it is made
Kept = Mapping[int, Entry]


def proven(files: Mapping[str, bytes], policy: LogPolicy) -> tuple[Proven, dict[int, Entry]]:
    """The checkpoint, signed as the policy asks, and every entry that it covers."""
    note = files["log/checkpoint.note"]
    try:
        checkpoint = policy.proven(note)
        policy.require_quorum(checkpoint)
    except NotProven as error:
        raise BadBundle(f"its checkpoint does not hold: {error}") from None
    names = {name[len(FOLDER) : len(FOLDER) + 12] for name in files if name.startswith(FOLDER)}
    kept = {int(name): _entry(files, name, note, checkpoint, policy) for name in sorted(names)}
    return checkpoint, kept


def _entry(
    files: Mapping[str, bytes], name: str, note: bytes, checkpoint: Proven, policy: LogPolicy
) -> Entry:
    body, proof = files.get(f"{FOLDER}{name}.json"), files.get(f"{FOLDER}{name}.tlog-proof")
    if body is None or proof is None:
        raise BadBundle(f"of entry {int(name)} of the log the bytes or the proof are missing")
    try:
        receipt, found = receipts.parse(proof), entry(body)
    except (receipts.BadReceipt, NotAnEntry) as error:
        raise BadBundle(f"entry {int(name)} of the log, or its proof, cannot be read: {error}") from None
    if receipt.checkpoint != note or receipt.extra is not None:
        raise BadBundle(f"the proof of entry {int(name)} is not one of the bundle's checkpoint")
    leads = tree.includes(
        leaf=tree.leaf_hash(body),
        index=receipt.index,
        size=checkpoint.checkpoint.size,
        proof=receipt.proof,
        root=checkpoint.checkpoint.root,
    )
    if not leads or (found.index, receipt.index, found.log) != (int(name), int(name), log_of(policy.origin)):
        raise BadBundle(f"entry {int(name)} is not what the log kept there")
    return found


def decided(kept: Kept, signed: Signed) -> Entry:
    """The entry of the decision itself, which says what the statement says."""
    told = signed.texts
    same = {
        "decision_id": told["decision"],
        "verdict": signed.verdict,
        "environment": told["environment"],
        "transition": told["transition"],
        "artifact_digest": told["artifact_digest"],
        "dossier_digest": told["dossier_digest"],
        "policy_digest": told["policy_digest"] or None,
    }
    found = _find(kept, "decision.made", told["decision"], same)
    if found is None:
        raise BadBundle("the log did not keep this decision, or kept another one under its number")
    at = times.parse(found.document["at"])
    if at is None or not -MAX_SKEW <= at - signed.decided <= LATE:
        # Facts of another day would make old evidence fresh.
        raise BadBundle("the log kept this decision at another time than it says it was made")
    return found


def facts_kept(kept: Kept, dossier: Fact) -> int:
    """How many facts the log kept as the dossier has them; every one of these kinds must be."""
    count = 0
    for event, number, same in _facts(dossier):
        if _find(kept, event, number, same) is None:
            raise BadBundle(
                f"the log did not keep {event} of {number}, or kept it otherwise than the facts say"
            )
        count += 1
    return count


def _facts(dossier: Fact) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Event, subject and content of what the log must have kept."""
    if dossier.policy is not None:
        policy = dossier.policy
        yield "policy.published", policy.id, {"number": policy.number, "digest": policy.digest}
    for event, runs in (("run.finished", dossier.runs), ("data_quality.finished", dossier.quality)):
        for run in runs:
            if run.result_digest:
                yield event, run.id, {"state": run.state, "result_digest": run.result_digest}
    for one in dossier.documents:
        yield "document.added", one.id, {"kind": one.kind, "number": one.number, "digest": one.digest}
    for one in dossier.reports:
        if one.pdf_digest:
            same = {"kind": one.kind, "basis_digest": one.basis_digest, "pdf_digest": one.pdf_digest}
            yield "report.generated", one.id, same
    yield from _exceptions(dossier)


def _exceptions(dossier: Fact) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for one in dossier.waivers:
        same = {"digest": one.digest, "role": one.approved_role, "model_version_id": one.model_version}
        yield "waiver.approved", one.id, same
    for one in dossier.break_glass:
        same = {"environment": one.environment, "model_version_id": one.model_version}
        yield "break_glass.confirmed", one.id, same


def _find(kept: Kept, event: str, number: str, same: Mapping[str, Any]) -> Entry | None:
    """The entry of an event about a subject, if it says the same."""
    for found in kept.values():
        subject, data = found.document["subject"], found.document["data"]
        about = isinstance(subject, dict) and subject.get("id") == number
        if about and found.document["event"] == event and isinstance(data, dict):
            return found if all(data.get(name, _NOTHING) == value for name, value in same.items()) else None
    return None


_NOTHING = object()
