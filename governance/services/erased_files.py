"""Files beside the database that may hold somebody's name: mails on disk, waiting messages, the bytes of reports."""

import base64
import json
import re
import uuid
from collections.abc import Collection, Iterable, Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db.models import Q

from governance.models import Report, ReportState
from registry import blobs
from registry.models import Artifact, Organisation

_BETWEEN_MAILS: Final = b"\n" + b"-" * 79 + b"\n"  # as Django writes them into a file


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
    """A file's bytes, and what they say where they are coded: a message for a worker, or mails."""
    data = path.read_bytes()
    try:
        message: Any = json.loads(data)
        body = base64.b64decode(message["body"])
    except (ValueError, KeyError, TypeError):
        return data + b"".join(f"\n{line}".encode(errors="replace") for line in _mails(data))
    return b"\n".join((data, body, *map(_plain, (data, body))))


def _plain(data: bytes) -> bytes:
    """JSON with its letters as they are, not as numbers."""
    try:
        return json.dumps(json.loads(data), ensure_ascii=False).encode(errors="replace")
    except ValueError:
        return b""


def _mails(data: bytes) -> Iterator[str]:
    """Headers and texts of the mails in a file, decoded: accents and long lines are not written as they are."""
    for mail in data.split(_BETWEEN_MAILS):
        for part in message_from_bytes(mail).walk():
            yield from (_header(str(value)) for value in part.values())
            if not part.is_multipart():
                text: Any = part.get_payload(decode=True)
                yield bytes(text or b"").decode(errors="replace")


def _header(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (MessageError, LookupError, ValueError):  # coded in a way that nobody can read
        return value


def _has(data: bytes, words: Collection[str]) -> bool:
    return any(re.search(rb"(?<!\w)" + re.escape(word.encode()) + rb"(?!\w)", data) for word in words)
