"""What forms of decisions have in common."""

from django import forms

from registry.web.forms import carry_out

__all__ = ["Why", "carry_out"]


class Why(forms.Form):
    """A reason."""

    reason = forms.CharField(max_length=5000, error_messages={"required": "Say why."})
