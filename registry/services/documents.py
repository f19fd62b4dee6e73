"""Documents."""

import unicodedata
from typing import Any

from django.db.models import Max

from registry.access import check
from registry.actors import Actor
from registry.errors import Invalid
from registry.ledger import chain, record
from registry.models import Document, ModelVersion, System
from registry.services import outlines
from registry.stages import DOCUMENT_KINDS

KINDS = DOCUMENT_KINDS


def add(
    *,
    actor: Actor,
    system: System,
    kind: str,
    title: str,
    content: Any,
    model_version: ModelVersion | None = None,
) -> Document:
    """Add the next version of a document; earlier versions stay as they were.

    One that lacks sections its kind must have is kept too, and marked with what is missing.
    """
    body = _body(kind, content)
    with record.transaction():
        check.require(actor, "document", system)
        if model_version is not None and model_version.model.system_id != system.pk:
            raise Invalid(
                "The model version belongs to another system.", errors=[("model_version", "another system")]
            )
        System.objects.locked().get(pk=system.pk)  # numbers are given one at a time
        newest = Document.objects.filter(system=system, kind=kind, model_version=model_version).aggregate(
            n=Max("number")
        )
        document = Document.objects.create(
            system=system,
            model_version=model_version,
            kind=kind,
            number=(newest["n"] or 0) + 1,
            title=title,
            content=body,
            outline=outlines.outline(kind, body),
            digest=chain.digest_of({"kind": kind, "title": title, "content": body}),
            author=actor.user,
        )
        record.event(
            "document.added",
            organisation_id=system.organisation_id,
            system_id=system.pk,
            subject=document,
            actor=actor,
            document_id=str(document.pk),
            kind=kind,
            number=document.number,
            digest=document.digest,
            title=title,
        )
    return document


def _body(kind: str, content: Any) -> dict[str, Any]:
    """The sections of a document of a known kind that says something."""
    if kind not in KINDS:
        raise Invalid(
            f"“{kind}” is not a kind of document. Kinds are: {', '.join(sorted(KINDS))}.",
            errors=[("kind", "unknown kind")],
        )
    body = chain.exact(_normalised({"text": content} if isinstance(content, str) else content))
    if not isinstance(body, dict) or not any(str(value).strip() for value in body.values()):
        raise Invalid(
            "The document is empty. Give text, or an object of section → text.", errors=[("content", "empty")]
        )
    return body


def _normalised(value: Any) -> Any:
    """NFC text, so that the same document always has the same digest."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {unicodedata.normalize("NFC", str(key)): _normalised(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_normalised(item) for item in value]
    return value
