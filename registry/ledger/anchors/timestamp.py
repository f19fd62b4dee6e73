"""An authority that stamps checkpoints with the time (RFC 3161). It keeps nothing: its stamps are kept here."""

import base64
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from cryptography.x509 import Certificate, load_pem_x509_certificates
from django.utils import timezone

from registry.ledger.anchors.base import Kept, NotAnchored, Recall, Sent, public
from registry.ledger.anchors.http import Address, NoAnswer
from registry.ledger.anchors.stamps import NoStamp, Request

QUERY: Final = "application/timestamp-query"
REPLY: Final = "application/timestamp-reply"


class TimestampAnchor:
    """`timestamp+URL#/PATH/ROOTS.pem`: the root certificates that the authority's own must lead to."""

    kind = "timestamp"
    recall = Recall.NONE
    seconds: float = 15

    def __init__(self, address: str) -> None:
        self.place = public(address)
        url, _, path = address.removeprefix("timestamp+").partition("#")
        self._roots = Path(path)
        if not self._roots.is_absolute():
            raise ValueError(
                f"{self.place} needs the full path of the authority's root certificates after a #."
            )
        try:
            self._address = Address.read(url)
        except ValueError as error:
            raise ValueError(f"{self.place} is not timestamp+https://HOST/PATH#/PATH/ROOTS.pem.") from error
        self._headers = {"Content-Type": QUERY, "Accept": REPLY, **_authorization(url)}

    def put(self, sent: Sent) -> Kept:
        """Have the note stamped; a stamp that does not prove the text, the time and the authority anchors nothing."""
        request, roots = Request.about(sent.note.encode()), self._pinned()
        try:
            answer = self._address.post(request.body, self._headers, seconds=self.seconds)
        except NoAnswer as error:
            raise NotAnchored(f"{self.place} does not answer ({error}).") from error
        if (answer.status, answer.kind) != (200, REPLY):
            raise NotAnchored(f"{self.place} answered {answer.status} with {answer.kind}, which is no stamp.")
        try:
            stamp = request.answered(answer.body, roots, timezone.now())
        except NoStamp as error:
            raise NotAnchored(f"{self.place} gave no stamp that holds. {error}") from error
        evidence = base64.b64encode(answer.body).decode()
        return Kept(f"stamp {stamp.serial} of {stamp.at:%Y-%m-%dT%H:%M:%SZ}", evidence)

    def newest(self, *origins: str) -> list[str]:
        """Nothing: an authority keeps nothing."""
        return []

    def _pinned(self) -> list[Certificate]:
        try:
            found = load_pem_x509_certificates(self._roots.read_bytes())
        except (OSError, ValueError) as error:
            raise NotAnchored(
                f"{self._roots} does not hold the root certificates of {self.place}."
            ) from error
        return found


def _authorization(url: str) -> dict[str, str]:
    """The name and the password in an address, as an authority that wants them is told."""
    parts = urlsplit(url)
    if parts.username is None:
        return {}
    told = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(told.encode()).decode()}"}
