"""Time stamps (RFC 3161): what is asked of an authority, and when its answer proves that a text existed at a time."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from cryptography.x509 import Certificate, ExtendedKeyUsage, load_der_x509_certificate
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerifierBuilder,
    decode_timestamp_response,
)

SHA256: Final = "2.16.840.1.101.3.4.2.1"
DIGESTS: Final = {SHA256, "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"}  # SHA-256, SHA-384, SHA-512
GRANTED: Final = 0
NEAR: Final = timedelta(minutes=5)  # how far the clocks of both sides may be apart


class NoStamp(ValueError):
    """The answer proves nothing."""


@dataclass(frozen=True)
class Stamp:
    """When the authority saw the text, and the number of its stamp."""

    at: datetime
    serial: int


@dataclass(frozen=True)
class Request:
    """A question for an authority: the text, the number that its answer must repeat, and the bytes to send."""

    text: bytes
    nonce: int
    body: bytes

    @classmethod
    def about(cls, text: bytes) -> Self:
        """Ask for the SHA-256 of a text, with a fresh nonce and for the authority's certificate."""
        builder = TimestampRequestBuilder().data(text).hash_algorithm(HashAlgorithm.SHA256)
        made = builder.nonce(nonce=True).cert_request(cert_request=True).build()
        if made.nonce is None:
            raise NoStamp("The request has no nonce.")
        return cls(text, made.nonce, made.as_bytes())

    def answered(self, answer: bytes, roots: Sequence[Certificate], now: datetime) -> Stamp:
        """The stamp in an answer, if it is one of this text, of now, by an authority under one of the roots."""
        try:
            return self._answered(answer, roots, now)
        except NoStamp:
            raise
        except Exception as error:  # whatever a parser raises over foreign bytes, it is no stamp
            raise NoStamp(f"It cannot be verified: {str(error)[:150]}.") from error

    def _answered(self, answer: bytes, roots: Sequence[Certificate], now: datetime) -> Stamp:
        response = decode_timestamp_response(answer)
        if response.status != GRANTED:
            said = "; ".join(map(str, response.status_string))
            raise NoStamp(f"It was refused with status {response.status}: {said or 'no reason given'}.")
        if response.as_bytes() != answer:
            raise NoStamp("It is not in the one form that it can have.")
        told = response.tst_info
        if told.message_imprint.hash_algorithm.dotted_string != SHA256:
            raise NoStamp("It is of another kind of hash.")
        if told.message_imprint.message != hashlib.sha256(self.text).digest():
            raise NoStamp("It is of another text.")
        if told.nonce != self.nonce:
            raise NoStamp("It answers another question.")
        if abs(told.gen_time - now) > NEAR:
            raise NoStamp(
                f"It is of {told.gen_time:%Y-%m-%dT%H:%M:%SZ}, and here it is {now:%Y-%m-%dT%H:%M:%SZ}."
            )
        self._signed(response, roots)
        return Stamp(told.gen_time, told.serial_number)

    def _signed(self, response: TimeStampResponse, roots: Sequence[Certificate]) -> None:
        """By a certificate for time stamps and nothing else, which leads to a root; at the time it says."""
        if weak := {one.dotted_string for one in response.signed_data.digest_algorithms} - DIGESTS:
            raise NoStamp(f"It is signed over the hash {', '.join(sorted(weak))}, which is not trusted.")
        if list(_signer(response).extensions.get_extension_for_class(ExtendedKeyUsage).value) != [
            ExtendedKeyUsageOID.TIME_STAMPING
        ]:
            raise NoStamp("Its certificate is not for time stamps alone.")
        verifier = VerifierBuilder(roots=list(roots), nonce=self.nonce).build()
        if verifier.verify_message(response, self.text) is not True:
            raise NoStamp("Its signature does not hold.")


def _signer(response: TimeStampResponse) -> Certificate:
    """The certificate that the signature names; there must be one signature and one such certificate."""
    signers = list(response.signed_data.signer_infos)
    known = [load_der_x509_certificate(one) for one in response.signed_data.certificates]
    found = [
        one
        for one in known
        for signer in signers
        if (one.issuer, one.serial_number) == (signer.issuer, signer.serial_number)
    ]
    if len(signers) != 1 or len(found) != 1:
        raise NoStamp("It does not come with the certificate of its one signer.")
    return found[0]
