"""Verification bundles: one decision with all it can be checked by, in one file (docs/reference/bundles.md). Pure.

The file is a zip in which nothing is compressed and nothing is left to choose: the same contents are the same bytes.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from governance import verdicts
from registry.ledger import chain

FORMAT: Final = "assay-bundle/1"
STATEMENT_TYPE: Final = "urn:assay:decision:v1"
MANIFEST: Final = "manifest.json"
STATEMENT: Final = "decision.dsse.json"
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)  # the first that a zip can name


@dataclass(frozen=True)
class Absent:
    """Something that the decision names by its digest and that is not in the bundle, and why."""

    what: str
    digest: str
    size: int | None
    why: str


def manifest(decision: str, files: Mapping[str, bytes], absent: Iterable[Absent]) -> bytes:
    """The list of every file with its digest and size, and of what is not there; canonical JSON.

    It names neither itself nor the signed statement, which names it.
    """
    listed = [
        {"path": path, "sha256": hashlib.sha256(files[path]).hexdigest(), "size": len(files[path])}
        for path in sorted(files)
    ]
    missing = sorted((asdict(one) for one in absent), key=lambda one: (one["what"], one["digest"]))
    return chain.canonical(
        {"format": FORMAT, "decision": decision, "files": listed, "not_in_the_bundle": missing}
    )


def statement(listed: bytes, told: Mapping[str, Any]) -> dict[str, Any]:
    """The in-toto statement over a manifest. No verification summary: a door takes those, and this opens none."""
    return {
        "_type": verdicts.STATEMENT_TYPE,
        "subject": [{"name": MANIFEST, "digest": {"sha256": hashlib.sha256(listed).hexdigest()}}],
        "predicateType": STATEMENT_TYPE,
        "predicate": dict(told),
    }


def packed(listed: bytes, signed: bytes, files: Mapping[str, bytes]) -> bytes:
    """The bundle: manifest, statement, then every file by name; stored, without a time or an owner."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for path, data in [(MANIFEST, listed), (STATEMENT, signed), *sorted(files.items())]:
            info = zipfile.ZipInfo(path, _MOMENT)
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            archive.writestr(info, data)
    return made.getvalue()
