"""The service's REST interface: documents in, documents out, every other answer as a sentence."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from assay_client import __version__, strict_json
from assay_client.outcomes import BadInput, Unusable
from assay_client.terminal import clean
from assay_client.transport import Call, Reply, Site, exchange

ROOT = "/api/v1"
MAX_PAGES = 200
KNOWN = {
    401: " (the token is not accepted)",
    403: " (the token may not do this)",
    429: " (too many requests)",
}
# These say nothing about the question, only that it could not be answered now.
NOT_NOW = (408, 425, 429)


class Refused(BadInput):
    """The service understood the request and refused it; the sentence is the service's own."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.status = status


class Deadline:
    """A moment that all requests of a command share, and the most that any one of them may take."""

    def __init__(self, seconds: float, each: float | None = None) -> None:
        self._end = time.monotonic() + seconds
        self._each = seconds if each is None else each

    def left(self) -> float:
        """Seconds that the next request may take."""
        return min(self._each, self.total_left())

    def total_left(self) -> float:
        """Seconds left for everything; an upload may take them all."""
        return max(0.0, self._end - time.monotonic())

    @property
    def passed(self) -> bool:
        """Whether the command as a whole is out of time."""
        return time.monotonic() >= self._end


class Service:
    """The service as one token sees it."""

    def __init__(self, site: Site, token: str, deadline: Deadline) -> None:
        self.site = site
        self.deadline = deadline
        self._token = token

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The document at this path."""
        return self.document(self.send("GET", path, query=query))

    def post(
        self, path: str, document: Mapping[str, Any], good: tuple[int, ...] = (200, 201, 202)
    ) -> dict[str, Any]:
        """The document that answers this one."""
        body = json.dumps(document, allow_nan=False).encode()
        return self.document(self.send("POST", path, [body], len(body)), good)

    def every(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        asked = dict(query or {})
        for _ in range(MAX_PAGES):
            page = self.get(path, asked)
            results, following = page.get("results"), page.get("next")
            if not isinstance(results, list) or not all(isinstance(item, dict) for item in results):
                raise Unusable("answer.shape", "The service answered with a list that has no results in it.")
            yield from results
            if following is None:
                return
            # Only the query is taken over: the token must never follow a link to another host.
            asked = {**asked, **dict(parse_qsl(urlsplit(str(following)).query))}
        raise Unusable("answer.endless", f"The service answered with more than {MAX_PAGES} pages.")

    def send(
        self,
        method: str,
        path: str,
        body: Iterable[bytes] = (),
        size: int = 0,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Reply:
        """One exchange, with the headers that every request carries."""
        sent = {
            "Accept": "application/json, application/problem+json",
            "Accept-Encoding": "identity",
            "User-Agent": f"assay-client/{__version__}",
            "Connection": "close",
        }
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        if method != "GET":
            # One key per request: a proxy that repeats it must not make the service act twice.
            sent["Idempotency-Key"] = str(uuid.uuid4())
            sent["Content-Type"] = "application/json"
            sent["Content-Length"] = str(size)
        sent.update(headers or {})
        target = self.site.prefix + ROOT + path + (f"?{urlencode(query)}" if query else "")
        allowed = self.deadline.left() if seconds is None else seconds
        return exchange(self.site, Call(method, target, sent, body), allowed)

    def document(self, reply: Reply, good: tuple[int, ...] = (200, 201)) -> dict[str, Any]:
        """The JSON object of a successful answer; anything else ends the command."""
        if reply.status not in good:
            raise self._failure(reply)
        if reply.media_type != "application/json":
            kind = clean(reply.media_type) or "nothing"
            raise Unusable("answer.content_type", f"{self.site.shown} answered with {kind} instead of JSON.")
        try:
            document = strict_json.parse(reply.body)
        except strict_json.NotJson as error:
            raise Unusable(
                "answer.not_json", f"The answer of {self.site.shown} is unusable: {error}."
            ) from None
        if not isinstance(document, dict):
            raise Unusable("answer.shape", f"The answer of {self.site.shown} is not a JSON object.")
        return document

    def _failure(self, reply: Reply) -> Exception:
        status, shown = reply.status, self.site.shown
        if 300 <= status < 400:
            where = clean(reply.headers.get("location", "")) or "nowhere"
            return Unusable(
                "answer.redirect",
                f"{shown} redirects to {where}. Redirects are not followed: give the final address as --url.",
            )
        problem = _problem(reply)
        if 400 <= status < 500 and status not in NOT_NOW:
            code = clean(str(problem.get("code", ""))) or f"http.{status}"
            return Refused(status, code, _sentence(problem, status, shown))
        return Unusable(f"http.{status}", _sentence(problem, status, shown))


def segment(value: object) -> str:
    """An id that the service gave, safe inside a path."""
    if not isinstance(value, (str, int)) or isinstance(value, bool) or not str(value):
        raise Unusable("answer.shape", "The service answered with an object that has no id.")
    return quote(str(value), safe="")


def _problem(reply: Reply) -> dict[str, Any]:
    if reply.media_type not in ("application/problem+json", "application/json"):
        return {}
    try:
        problem = strict_json.parse(reply.body)
    except strict_json.NotJson:
        return {}
    return problem if isinstance(problem, dict) else {}


def _sentence(problem: Mapping[str, Any], status: int, shown: str) -> str:
    """The service's own sentence, with the fields it complains about; else what the status means."""
    text = problem.get("detail") or problem.get("title")
    if not isinstance(text, str) or not clean(text):
        return f"{shown} answered with status {status}{KNOWN.get(status, '')} and gave no reason."
    errors = problem.get("errors")
    details = [
        f"{entry.get('field')}: {entry.get('message')}"
        for entry in (errors if isinstance(errors, list) else [])[:10]
        if isinstance(entry, dict) and str(entry.get("message")) not in text
    ]
    return clean("; ".join([text, *details])) + f" (status {status})"
