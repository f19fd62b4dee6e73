"""What forms that call a service have in common: nothing typed is lost, and errors stand where they belong."""

from collections.abc import Callable
from typing import Any

from django import forms

from governance.web.errors import status_of
from registry.errors import AssayError, Invalid


def carry_out(form: forms.Form, call: Callable[[dict[str, Any]], object]) -> int:
    """Call a service with what was typed: 0 when it was done, else the status of the page that says why not."""
    if not form.is_valid():
        return 400
    try:
        call(form.cleaned_data)
    except AssayError as error:
        for name, words in error.errors if isinstance(error, Invalid) else ():
            if name in form.fields:
                form.add_error(name, words)
        form.add_error(None, error.message)
        return status_of(error)
    return 0


class Why(forms.Form):
    """A reason."""

    reason = forms.CharField(max_length=5000, error_messages={"required": "Say why."})
