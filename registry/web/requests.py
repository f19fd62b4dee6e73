"""What every page starts with."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from registry.access import sessions
from registry.actors import Actor
from registry.models import User


class PageRequest(HttpRequest):
    """A request of someone signed in, with HTMX details; the middleware guarantees both."""

    htmx: HtmxDetails
    user: User


def acting(request: HttpRequest) -> Actor:
    """The signed-in person as an actor."""
    return sessions.actor(request)
