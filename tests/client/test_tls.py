"""Whose certificate is believed: only one that the machine's own trust store vouches for."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from assay_client import outcomes
from assay_client.times import UTC
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.client.command import Command
from tests.client.service import FakeService
from tests.client.verdicts import answer, answering


def certificate(folder: Path, address: str, days: int = 1) -> Path:
    """A self-signed certificate, with its key, for one address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "assay.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return path


@pytest.fixture
def secure(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[FakeService]:
    """The same service over TLS; the test may say for which address and how long its certificate is."""
    address, days = getattr(request, "param", ("127.0.0.1", 1))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path, address, days))
    with FakeService(context) as running:
        running.behaviour = answering(answer)
        yield running


def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))


def test_a_trusted_certificate_allows(
    secure: FakeService, assay: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trusted(monkeypatch, tmp_path)
    assert assay.gate(ASSAY_URL=secure.url).code == outcomes.ALLOWED


def test_an_unknown_certificate_blocks(secure: FakeService, assay: Command) -> None:
    ran = assay.gate("--json", ASSAY_URL=secure.url)
    assert ran.code == outcomes.UNUSABLE
    assert ran.document["error"]["code"] == "service.certificate"
    assert secure.asked == []


def test_insecure_does_not_accept_an_unknown_certificate(secure: FakeService, assay: Command) -> None:
    assert assay.gate("--insecure", ASSAY_URL=secure.url).code == outcomes.UNUSABLE


@pytest.mark.parametrize("secure", [("127.0.0.2", 1), ("127.0.0.1", -1)], indirect=True, ids=["other", "old"])
def test_a_certificate_of_another_name_or_time_blocks(
    secure: FakeService, assay: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trusted(monkeypatch, tmp_path)
    assert assay.gate(ASSAY_URL=secure.url).code == outcomes.UNUSABLE


def test_https_to_a_plain_port_blocks(service: FakeService, assay: Command) -> None:
    ran = assay.gate("--timeout", "3", ASSAY_URL=service.url.replace("http:", "https:"))
    assert ran.code == outcomes.UNUSABLE


def test_http_to_a_secure_port_blocks(secure: FakeService, assay: Command) -> None:
    ran = assay.gate("--timeout", "3", ASSAY_URL=secure.url.replace("https:", "http:"))
    assert ran.code == outcomes.UNUSABLE
