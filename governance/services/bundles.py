"""The verification bundle of one decision: what an auditor needs to check it without this service."""

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from governance import bundles
from governance.gates import codec
from governance.gates.spec import Dossier
from governance.models import Decision, Vote
from governance.services import answers, attestations, bundled_files, revocations, signing
from registry.errors import Conflict
from registry.ledger import chain
from registry.ledger.checkpoint_models import LedgerAnchor, LedgerCheckpoint
from registry.ledger.models import LedgerEntry, LedgerHead
from registry.services import receipts
from registry.services.receipts import Shown

README: Final = """One decision of Assay's gate with everything it can be checked by:

    assay verify bundle FILE --key VERDICT_KEY --log-policy LOG_POLICY

Take the keys to check it with from somewhere else than from here: those in this file are for information.
docs/reference/bundles.md of Assay says what each file is.
"""
_VOTED: Final = "approval.voted"
_DECIDED: Final = "decision.made"


def of_decision(decision: Decision) -> bytes:
    """The bundle of a stored decision; who may see the decision has been asked.

    Conflict while no signed checkpoint covers its entries, and when what is stored is not what was decided.
    """
    dossier = _dossier(decision)
    organisation_id = decision.system.organisation_id
    entries = _entries(organisation_id, decision, dossier)
    together = receipts.together(organisation_id, entries.values())
    origin = LedgerHead.objects.get(pk=organisation_id).origin
    evidence, absent = bundled_files.of(organisation_id, dossier)
    files = {
        "readme.txt": README.encode(),
        "dossier.json": decision.dossier.encode(),
        "outcome.json": decision.outcome.encode(),
        "keys.json": chain.canonical(answers.public_key()),
        "revocations.dsse.json": _json(revocations.signed()),
        **({"policy.yaml": decision.policy_body.encode()} if decision.policy_body else {}),
        **{f"votes/{pk}.dsse.json": _json(one) for pk, one in _votes(decision, dossier, origin, entries)},
        **_log(organisation_id, together.checkpoint, together.entries.values()),
        **evidence,
    }
    listed = bundles.manifest(str(decision.pk), files, absent)
    return bundles.packed(listed, _json(_statement(decision, listed)), files)


def name_of(decision: Decision) -> str:
    """What the file is called."""
    return f"decision-{decision.pk}.assay-bundle"


def _dossier(decision: Decision) -> Dossier:
    if chain.digest(decision.dossier.encode()) != decision.dossier_digest:
        raise Conflict(
            "The stored facts of this decision no longer have the digest they were recorded with, so there is nothing"
            " to hand on. Run manage.py replay_decisions.",
            code="decision.tampered",
        )
    return codec.read(Dossier, decision.dossier)


def _statement(decision: Decision, listed: bytes) -> dict[str, Any]:
    verifier = settings.ASSAY_PUBLIC_URL
    told = {
        "verifier": {"id": verifier},
        "decision": str(decision.pk),
        "verdict": decision.verdict,
        "environment": decision.environment,
        "transition": decision.transition,
        "artifact_digest": decision.artifact_digest,
        "subject_digest": decision.subject_digest,
        "dossier_digest": decision.dossier_digest,
        "policy_digest": decision.policy_digest,
        "outcome_digest": chain.digest(decision.outcome.encode()),
        "decided_at": codec.moment(decision.decided_at),
        "expires_at": codec.moment(decision.expires_at),
        "bundled_at": codec.moment(timezone.now()),
    }
    return signing.envelope(bundles.statement(listed, told))


def _entries(organisation_id: uuid.UUID, decision: Decision, dossier: Dossier) -> dict[tuple[str, str], int]:
    """The index of every entry that the decision rests on, by event and what it is about; the first of each."""
    subjects: dict[str, list[str]] = {
        _DECIDED: [str(decision.pk)],
        _VOTED: [one.id for one in dossier.requests],
        "policy.published": [dossier.policy.id] if dossier.policy else [],
        "run.finished": [run.id for run in dossier.runs if run.result_digest],
        "data_quality.finished": [run.id for run in dossier.quality if run.result_digest],
        "document.added": [one.id for one in dossier.documents],
        "report.generated": [one.id for one in dossier.reports if one.pdf_digest],
        "waiver.approved": [one.id for one in dossier.waivers],
        "break_glass.confirmed": [one.id for one in dossier.break_glass],
    }
    rows = LedgerEntry.objects.filter(
        organisation_id=organisation_id,
        event__in=[event for event, ids in subjects.items() if ids],
        subject_id__in=[one for ids in subjects.values() for one in ids],
    ).order_by("index")
    found: dict[tuple[str, str], int] = {}
    for index, event, subject_id, body in rows.values_list("index", "event", "subject_id", "body"):
        about = json.loads(bytes(body))["data"].get("vote_id") if event == _VOTED else str(subject_id)
        found.setdefault((event, about), index)
    if (_DECIDED, str(decision.pk)) not in found:
        raise Conflict(
            "The log tells nothing of this decision. Run manage.py verify_ledger.", code="log.damaged"
        )
    return found


def _votes(
    decision: Decision, dossier: Dossier, origin: str, entries: Mapping[tuple[str, str], int]
) -> Iterable[tuple[str, dict[str, Any]]]:
    """A statement for each vote that was there when it was decided and that the log tells of."""
    rows = Vote.objects.filter(
        request__in=[one.id for one in dossier.requests], voted_at__lte=decision.decided_at
    ).select_related("request", "delegation")
    for vote in rows.order_by("pk"):
        index = entries.get((_VOTED, str(vote.pk)))
        if index is not None:
            yield str(vote.pk), attestations.signed(vote, origin, index)


def _log(
    organisation_id: uuid.UUID, checkpoint: LedgerCheckpoint, entries: Iterable[Shown]
) -> dict[str, bytes]:
    """The entries, each with its way to the checkpoint; the checkpoint with its witnesses; keys and anchors."""
    anchors = list(
        LedgerAnchor.objects.filter(organisation_id=organisation_id, origin=checkpoint.origin).order_by(
            "size", "place"
        )
    )
    signed = [one.evidence for one in anchors if one.kind == "witness" and one.size == checkpoint.size]
    note = checkpoint.note + "".join(signed)
    newest = {one.place: one for one in anchors}  # of each place the last
    told = [
        {
            "kind": one.kind,
            "place": one.place,
            "size": one.size,
            "reference": one.reference,
            "evidence": one.evidence,
            "anchored_at": codec.moment(one.anchored_at),
        }
        for _, one in sorted(newest.items())
    ]
    found = {
        "log/checkpoint.note": note.encode(),
        "log/keys.json": chain.canonical([vars(key) for key in receipts.ranges(organisation_id)]),
        "log/anchors.json": chain.canonical(told),
    }
    for entry in entries:
        found[f"log/entries/{entry.index:012}.json"] = entry.body
        found[f"log/entries/{entry.index:012}.tlog-proof"] = entry.beside(note).encode()
    return found


def _json(value: Any) -> bytes:
    return chain.canonical(value)
