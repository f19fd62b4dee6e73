"""What forms that call a service have in common: nothing typed is lost, and errors stand where they belong."""

from collections.abc import Callable
from typing import Any, Final

from django import forms

from registry import errors

STATUS: Final[dict[type[errors.AssayError], int]] = {
    errors.NotFound: 404,
    errors.Denied: 403,
    errors.Conflict: 409,
    errors.Invalid: 400,
    errors.TooLarge: 413,
    errors.Unavailable: 503,
}


def status_of(error: errors.AssayError) -> int:
    """The status of a page that tells a domain error."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)


def carry_out(form: forms.Form, call: Callable[[dict[str, Any]], object]) -> int:
    """Call a service with what was typed: 0 when it was done, else the status of the page that says why not."""
    if not form.is_valid():
        return 400
    try:
        call(form.cleaned_data)
    except errors.AssayError as error:
        for name, words in error.errors if isinstance(error, errors.Invalid) else ():
            if name in form.fields:
                form.add_error(name, words)
        form.add_error(None, error.message)
        return status_of(error)
    return 0
