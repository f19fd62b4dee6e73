"""The bytes behind the digests that a decision names, as far as they go into a bundle; what stays behind, and why."""

import uuid
from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.db.models import QuerySet

from audits.models import AuditRun, DataQualityRun
from governance.bundles import Absent
from governance.gates import evidence
from governance.gates.spec import Dossier
from governance.models import Report
from registry import blobs
from registry.errors import AssayError
from registry.ledger import chain
from registry.models import Artifact, Document

MAX_FILE: Final = 8 * 1024 * 1024
MAX_TOTAL: Final = 48 * 1024 * 1024
_LARGE: Final = "A model or a snapshot of data stays where it is kept; whoever has it compares its digest."
_TOO_LARGE: Final = f"It is larger than {MAX_FILE // 1024**2} MiB."
_TOO_MUCH: Final = f"The bundle holds {MAX_TOTAL // 1024**2} MiB of evidence already."
_GONE: Final = "Its bytes are not kept any more: a person named in it was erased, or they were changed."

# What it is, its digest, its name in the bundle, its bytes where there are any, how large it is.
Named = tuple[str, str, str, bytes | None, int | None]


def of(organisation_id: uuid.UUID, dossier: Dossier) -> tuple[dict[str, bytes], list[Absent]]:
    """What the facts name by a digest: files by their names, and what is not there."""
    files: dict[str, bytes] = {}
    absent, total = list(_never(organisation_id, dossier)), 0
    for what, digest, name, data, size in _named(organisation_id, dossier):
        if name in files:
            continue
        why = _why_not(digest, data, size, total)
        if why or data is None:
            absent.append(Absent(what, digest, size, why or _GONE))
        else:
            files[name] = data
            total += len(data)
    return files, absent


def _why_not(digest: str, data: bytes | None, size: int | None, total: int) -> str:
    if (size or 0) > MAX_FILE:
        return _TOO_LARGE
    if data is None or chain.digest(data) != digest:
        return _GONE
    return _TOO_MUCH if total + len(data) > MAX_TOTAL else ""


def _never(organisation_id: uuid.UUID, dossier: Dossier) -> Iterator[Absent]:
    """The model and the snapshots of its data."""
    digests = {dataset.digest: "dataset" for dataset in dossier.datasets}
    if dossier.version is not None:
        digests[dossier.version.artifact_digest] = "artifact"
    rows = Artifact.objects.filter(organisation_id=organisation_id, digest__in=digests)
    sizes = dict(rows.values_list("digest", "size"))
    for digest, what in digests.items():
        yield Absent(what, digest, sizes.get(digest), _LARGE)


def _named(organisation_id: uuid.UUID, dossier: Dossier) -> Iterator[Named]:
    yield from _results(dossier)
    yield from _reports(organisation_id, dossier)
    yield from _documents(dossier)


def _results(dossier: Dossier) -> Iterator[Named]:
    """Results of audits, those that count first, and of data-quality runs."""
    first = {run.id for run in evidence.counted(dossier)}
    runs = sorted(dossier.runs, key=lambda run: (run.id not in first, run.id))
    digests = {run.id: run.result_digest for run in runs if run.result_digest}
    yield from _texts("result", digests, AuditRun.objects.values_list("pk", "result"))
    quality = {run.id: run.result_digest for run in dossier.quality if run.result_digest}
    yield from _texts("data quality", quality, DataQualityRun.objects.values_list("pk", "result"))


def _texts(what: str, digests: dict[str, str], rows: QuerySet[Any, Any]) -> Iterator[Named]:
    kept = {str(pk): text.encode() for pk, text in rows.filter(pk__in=digests)}
    for pk, digest in digests.items():
        data = kept.get(pk)
        yield what, digest, f"evidence/{_bare(digest)}.json", data, len(data) if data else None


def _reports(organisation_id: uuid.UUID, dossier: Dossier) -> Iterator[Named]:
    kept = [one for one in dossier.reports if one.pdf_digest]
    erased = set(
        map(str, Report.objects.filter(pk__in=[r.id for r in kept], document="").values_list("pk", flat=True))
    )
    for one in kept:
        data = None if one.id in erased else _bytes(organisation_id, one.pdf_digest)
        yield (
            one.kind.replace("_", " "),
            one.pdf_digest,
            f"reports/{_bare(one.pdf_digest)}.pdf",
            data,
            len(data) if data else None,
        )


def _bytes(organisation_id: uuid.UUID, digest: str) -> bytes | None:
    try:
        path = blobs.path(organisation_id, digest)
    except AssayError:
        return None
    with path.open("rb") as file:
        return file.read(MAX_FILE + 1)


def _documents(dossier: Dossier) -> Iterator[Named]:
    digests = {one.id: one.digest for one in dossier.documents}
    rows: Iterable[Document] = Document.objects.filter(pk__in=digests).order_by("pk")
    kept = {
        str(row.pk): chain.canonical({"kind": row.kind, "title": row.title, "content": row.content})
        for row in rows
    }
    for pk, digest in digests.items():
        data = kept.get(pk)
        yield "document", digest, f"documents/{_bare(digest)}.json", data, len(data) if data else None


def _bare(digest: str) -> str:
    return digest.removeprefix("sha256:")
