"""A witness elsewhere: it signs a checkpoint only if it continues the last one that it signed (C2SP tlog-witness)."""

import base64
from dataclasses import replace
from typing import Final

from registry.ledger import notes
from registry.ledger.anchors.base import Disagrees, Kept, NotAnchored, Recall, Sent, public
from registry.ledger.anchors.cosigner import Cosigner
from registry.ledger.anchors.http import Address, NoAnswer

TRIES: Final = 3  # a witness says which size it knows; others may be asking it at the same time
_REASONS: Final = {
    403: "does not trust the key of this log. Give its operator the log's verifier key",
    404: "does not know this log. Give its operator the log's origin",
    429: "has too much to do",
}


class WitnessAnchor:
    """`witness+URL#VERIFIERKEY`; checkpoints are posted to URL/add-checkpoint."""

    kind = "witness"
    recall = Recall.AGAIN
    seconds: float = 15

    def __init__(self, address: str) -> None:
        self.place = public(address)
        url, _, key = address.removeprefix("witness+").partition("#")
        try:
            address_read = Address.read(url)
        except ValueError as error:
            raise ValueError(f"{self.place} is not witness+https://HOST/PATH#VERIFIERKEY.") from error
        self._address = replace(address_read, path=f"{address_read.path.rstrip('/')}/add-checkpoint")
        try:
            self._key = Cosigner.read(key)
        except ValueError as error:
            raise ValueError(f"{self.place} has no key after the #. {error}") from error

    def put(self, sent: Sent) -> Kept:
        """Have the checkpoint signed. Where the witness knows another size, the proof begins there."""
        old = min(sent.known, sent.checkpoint.size)
        for _ in range(TRIES):
            status, text = self._asked(sent, old)
            if status == 200:
                return self._kept(sent, text)
            if status != 409:
                raise self._refused(sent, status, text)
            old = self._other(sent, old, text)
        raise NotAnchored(f"{self.place} names another size each time it is asked.")

    def newest(self, *origins: str) -> list[str]:
        """Nothing: the protocol has no way to ask for it."""
        return []

    def _kept(self, sent: Sent, text: str) -> Kept:
        try:
            line, at = self._key.signed(sent.note, text)
        except notes.Malformed as error:
            raise NotAnchored(f"{self.place} did not answer with its signature. {error}") from error
        return Kept(f"signed by {self._key.name} at {at:%Y-%m-%dT%H:%M:%SZ}", line)

    def _other(self, sent: Sent, old: int, text: str) -> int:
        """The size that the witness knows, to begin the proof at; Disagrees where this log has no such size."""
        said = text.strip()
        if not (said.isascii() and said.isdigit() and len(said) < 20):
            if old == sent.checkpoint.size:
                raise self._fork(sent)
            raise NotAnchored(f"{self.place} answered 409 without a size.")
        size = int(said)
        if size > sent.longest():
            raise Disagrees(
                f"{self.place} has signed {size} entries of this log, which are not there any more. The log was cut,"
                " or restored from a copy."
            )
        if size > sent.checkpoint.size:
            raise NotAnchored(f"{self.place} knows a newer checkpoint of {size} entries.")
        if size == old:
            raise self._fork(sent)  # it was asked with its own size and still refuses
        return size

    def _refused(self, sent: Sent, status: int, text: str) -> NotAnchored | Disagrees:
        if status == 422:
            return self._fork(sent)
        said = " ".join(text.split())[:100]
        return NotAnchored(f"{self.place} {_REASONS.get(status, f'answered {status}: {said}')}.")

    def _fork(self, sent: Sent) -> Disagrees:
        return Disagrees(
            f"The {sent.checkpoint.size} entries of this log do not continue what {self.place} has signed of it."
        )

    def _asked(self, sent: Sent, old: int) -> tuple[int, str]:
        proof = "".join(f"{base64.b64encode(node).decode()}\n" for node in sent.path(old))
        body = f"old {old}\n{proof}\n{sent.note}".encode()
        try:
            answer = self._address.post(body, {"Content-Type": "text/plain"}, seconds=self.seconds)
            return answer.status, answer.body.decode()
        except (NoAnswer, UnicodeDecodeError) as error:
            raise NotAnchored(f"{self.place} does not answer ({error}).") from error
