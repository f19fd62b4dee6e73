"""An authority for time stamps of our own: OpenSSL behind HTTP, with certificates made here."""

import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="the command openssl is not here")
PURPOSE = (ExtendedKeyUsageOID.TIME_STAMPING,)
CONFIG = """
[tsa]
serial = {folder}/serial
default_policy = 1.3.6.1.4.1.99999.1
digests = {digests}
signer_digest = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@dataclass(frozen=True)
class Holder:
    """A key and its certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def issued(
    by: Holder | None,
    name: str,
    *,
    key: rsa.RSAPrivateKey | None = None,
    purposes: tuple[ObjectIdentifier, ...] = PURPOSE,
    critical: bool = True,
    days: tuple[int, int] = (-1, 30),
    serial: int = 7,
) -> Holder:
    """A certificate of an authority, or a root when nobody issues it; valid between so many days from now."""
    key, now = key or new_key(), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(serial if by else 1)
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign", "encipher_only",
         "decipher_only"), False
    )  # fmt: skip
    usage |= {"digital_signature": by is not None, "key_cert_sign": by is None}
    builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    if by is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(purposes)), critical=critical)
    return Holder(key, builder.sign(by.key if by else key, hashes.SHA256()))


class Authority:
    """Answers questions with `openssl ts -reply`. `lies` changes what is asked, what is answered, or how."""

    def __init__(self, folder: Path, root: Holder, signer: Holder, digests: str = "sha256") -> None:
        self._folder, self.root, self.signer = folder, root, signer
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder, digests=digests))
        (folder / "signer.pem").write_bytes(signer.pem)
        (folder / "signer.key").write_bytes(signer.key_pem)
        (folder / "roots.pem").write_bytes(root.pem)

    @property
    def roots(self) -> Path:
        return self._folder / "roots.pem"

    def reply(self, query: bytes) -> bytes:
        """The answer to a question, whole."""
        (self._folder / "query").write_bytes(query)
        words = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "query"]
        words += ["-signer", "signer.pem", "-inkey", "signer.key", "-out", "reply"]
        subprocess.run(words, cwd=self._folder, check=True, capture_output=True)
        return (self._folder / "reply").read_bytes()


Answering = Callable[[bytes], tuple[int, dict[str, str], bytes]]


class Server:
    """An HTTP server that answers every POST in the same way, and remembers what it was sent."""

    def __init__(self, answering: Answering) -> None:
        self.asked: list[dict[str, str]] = []
        self.answering = answering
        seen = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                seen.asked.append({name.lower(): value for name, value in self.headers.items()})
                status, headers, data = seen.answering(body)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/tsr"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def stamping(reply: Callable[[bytes], bytes]) -> Answering:
    """An answer as an authority gives it."""
    return lambda query: (200, {"Content-Type": "application/timestamp-reply"}, reply(query))
