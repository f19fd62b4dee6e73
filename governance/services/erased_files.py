"""Files beside the database that may hold somebody's name: mails on disk, waiting messages, the bytes of reports."""

import base64
import json
import re
import uuid
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q

from governance.models import Report, ReportState
from registry import blobs
from registry.models import Artifact, Organisation


def delete_mails_and_messages(words: Collection[str]) -> int:
    """Delete every stored mail and waiting message in which one of these words stands; how many files."""
    options: Any = settings.MAILERS["default"].get("OPTIONS", {})
    mails = options.get("file_path")
    folders = [Path(mails)] if mails else []
    queue = settings.VAR_DIR / "queue"
    gone = 0
    for path in [path for folder in (*folders, queue) if folder.is_dir() for path in folder.rglob("*")]:
        if path.is_file() and _has(_read(path), words):
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def naming(organisations: Iterable[Organisation], words: Collection[str]) -> list[Report]:
    """The stored reports in whose document one of these words stands."""
    rows = Report.objects.filter(
        model_version__model__system__organisation__in=list(organisations), state=ReportState.READY
    )
    return [report for report in rows.iterator(chunk_size=20) if _has(report.document.encode(), words)]


def delete_bytes(organisations: Iterable[Organisation]) -> int:
    """Delete the files of reports whose document was erased, unless something else has the same bytes; how many."""
    gone = 0
    for organisation in organisations:
        rows = Report.objects.filter(model_version__model__system__organisation=organisation)
        for pdf, twin in rows.filter(state=ReportState.READY, document="").values_list(
            "pdf_digest", "twin_digest"
        ):
            gone += sum(_delete(organisation.pk, digest) for digest in (pdf, twin))
    return gone


def _delete(organisation_id: uuid.UUID, digest: str) -> bool:
    there = Report.objects.filter(model_version__model__system__organisation=organisation_id)
    used = there.filter(Q(pdf_digest=digest) | Q(twin_digest=digest)).exclude(document="").exists()
    kept = Artifact.objects.filter(organisation_id=organisation_id, digest=digest).exists()
    return not used and not kept and blobs.delete(organisation_id, digest)


def _read(path: Path) -> bytes:
    """A file's bytes; of a message for a worker, what it carries in base64 too."""
    data = path.read_bytes()
    try:
        message: Any = json.loads(data)
        return data + base64.b64decode(message["body"])
    except (ValueError, KeyError, TypeError):
        return data


def _has(data: bytes, words: Collection[str]) -> bool:
    return any(re.search(rb"(?<!\w)" + re.escape(word.encode()) + rb"(?!\w)", data) for word in words)
