"""Forms of people's own sign-in that differ from allauth's."""

from typing import Any

from django import forms
from django.http import HttpRequest

from registry import queue


class ForgottenPasswordForm(forms.Form):
    """Asks for a mail with a link; a worker looks whether there is such an account, so nothing here tells."""

    email = forms.EmailField(label="E-mail", max_length=254)

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Have the mail sent."""
        address = str(self.cleaned_data["email"])
        queue.enqueue(queue.MAIL_NEW_PASSWORD, address=address)
        return address
