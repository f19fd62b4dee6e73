"""The page of one entry of the log, with what shows that it stands there."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry import selectors
from registry.errors import AssayError, Invalid, NotFound
from registry.ledger import chain
from registry.models import Organisation
from registry.services import reads, receipts
from registry.web.log import lines
from registry.web.requests import acting
from registry.web.sought import number


@require_safe
def entry(request: HttpRequest) -> HttpResponse:
    """One entry: its sentence, its bytes, and the way from them to a signed checkpoint."""
    actor = acting(request)
    organisation = selectors.organisation_for(actor, request.GET.get("organisation"))
    rows, index = selectors.log_of(actor, organisation), number(request.GET.get("index", ""))
    if index is None:
        raise Invalid("Say which entry: a whole number.", errors=[("index", "a whole number")])
    if (row := rows.filter(index=index).first()) is None:
        raise NotFound(f"The log has no entry {index}.")
    reads.note(actor, "log.page", organisation)
    context = {"organisation": organisation, "line": lines([row])[0], "bytes": bytes(row.body)}
    context |= {"computed": chain.leaf_hash(bytes(row.body)).hex(), **_shown(organisation, index)}
    return render(request, "registry/entry.html", context)


def _shown(organisation: Organisation, index: int) -> dict[str, Any]:
    """The proof of an entry, or the sentence that says why there is none."""
    try:
        found = receipts.shown(organisation.pk, index)
    except AssayError as error:
        return {"unproved": error.message}
    size = found.checkpoint.size
    fitting = [
        key
        for key in receipts.ranges(organisation.pk)
        if key.vkey.startswith(f"{found.checkpoint.origin}+")
        and key.from_size <= size <= (size if key.until_size is None else key.until_size)
    ]
    return {
        "shown": found,
        "path": [node.hex() for node in found.path],
        "root": bytes(found.checkpoint.root).hex(),
        "key": fitting[-1].vkey if fitting else "",
    }
