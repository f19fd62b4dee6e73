"""The mail that lets somebody who forgot their password choose a new one."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from registry.services import sign_ins


def send(address: str) -> bool:
    """Mail a link to the person with this address, if they are one who signs in by password.

    The link begins with the address that is set, never with what a request called this host.
    """
    user = sign_ins.with_address(address)
    if user is None or not user.is_active or not user.has_usable_password():
        return False
    path = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)},
    )
    context = {
        "name": user.first_name or user.display_name,
        "username": user.username,
        "base": settings.ASSAY_PUBLIC_URL,
        "link": settings.ASSAY_PUBLIC_URL + path,
    }
    mail = EmailMultiAlternatives(
        subject="Assay: a new password",
        body=render_to_string("mail/new_password.txt", context),
        to=[user.email],
    )
    mail.attach_alternative(render_to_string("mail/new_password.html", context), "text/html")
    mail.send()
    return True
