"""What the service signs: with its own key, and with every further one that it was given."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from governance import verdicts
from registry.errors import Unavailable


def envelope(content: Mapping[str, Any], *, kind: str = verdicts.PAYLOAD_TYPE) -> dict[str, Any]:
    """The content in a DSSE envelope with a signature by each key; none is left out where one cannot be read."""
    return verdicts.envelope(content, signers(), settings.ASSAY_PUBLIC_URL, kind=kind)


def signers() -> list[Ed25519PrivateKey]:
    """The service's own key first."""
    further = [_given(Path(name)) for name in settings.ASSAY_FURTHER_SIGNING_KEY_FILES]
    return [verdicts.signing_key(settings.ASSAY_SIGNING_KEY_FILE), *further]


def _given(path: Path) -> Ed25519PrivateKey:
    """Only the service's own key is made where there is none: whoever pins a further one has it from its maker."""
    if not path.exists():
        raise Unavailable(
            f"The further signing key {path.name} is not there, so nothing is signed.",
            code="signing_key.unreadable",
        )
    return verdicts.signing_key(path)
