"""A small stand-in for the service's register and audits, in memory, with the paths and answers of the real one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.client.service import Asked, Handler

Item = dict[str, Any]
Answer = tuple[int, Any]


class Refusal(Exception):
    """A problem document instead of an answer."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail


class FakeRegister:
    """One organisation with one system; ids are short so that failures read well."""

    def __init__(self) -> None:
        self.systems: list[Item] = [{"id": "s1", "slug": "credit", "organisation": "acme"}]
        self.models: list[Item] = []
        self.versions: list[Item] = []
        self.datasets: list[Item] = [{"id": "d1", "name": "loans"}]
        self.dataset_versions: list[Item] = [{"id": "dv1", "version": "2024"}]
        self.artifacts: dict[str, bytes] = {}
        self.states = ["running", "passed"]
        self.log: list[str] = []
        self.page_size = 1  # so that every list needs its pages followed

    def __call__(self, handler: Handler, asked: Asked) -> None:
        """Answer one request."""
        parts = urlsplit(asked.path)
        path = parts.path.removeprefix("/api/v1")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.log.append(f"{asked.method} {path}")
        try:
            status, document = self._route(asked.method, path)(asked, query)
        except Refusal as refusal:
            handler.send_problem(refusal.status, refusal.code, refusal.detail)
        else:
            handler.send_json(document, status)

    def _route(self, method: str, path: str) -> Callable[[Asked, dict[str, str]], Answer]:
        routes: dict[str, Callable[[Asked, dict[str, str]], Answer]] = {
            r"GET /me": lambda a, q: (200, {"id": "u1", "name": "ci-of-credit", "organisations": ["acme"]}),
            r"GET /systems": lambda a, q: self._page(self.systems, q, slug=q.get("slug")),
            r"GET /systems/s1/models": lambda a, q: self._page(self.models, q),
            r"POST /systems/s1/models": lambda a, q: self._new_model(a),
            r"GET /systems/s1/datasets": lambda a, q: self._page(self.datasets, q),
            r"GET /datasets/d1/versions": lambda a, q: self._page(self.dataset_versions, q),
            r"POST /models/m1/versions": lambda a, q: self._new_version(a),
            r"POST /artifacts": lambda a, q: self._upload(a),
            r"GET /model-versions": lambda a, q: self._page(
                self.versions, q, digest=q.get("digest"), system=q.get("system")
            ),
            r"GET /model-versions/v1": lambda a, q: (200, self.versions[0]),
            r"POST /model-versions/v1/runs": lambda a, q: self._new_run(a),
            r"GET /runs/r1": lambda a, q: (200, self._run()),
        }
        for pattern, answer in routes.items():
            if re.fullmatch(pattern, f"{method} {path}"):
                return answer
        raise Refusal(404, "not_found", "There is nothing at this address.")

    def _page(self, items: list[Item], query: dict[str, str], **wanted: str | None) -> Answer:
        found = [item for item in items if all(item.get(k) == v for k, v in wanted.items() if v is not None)]
        start = int(query.get("cursor", "0"))
        end = start + self.page_size
        # The address in a link may be one that only the inside of the service knows.
        following = f"http://internal:8000/elsewhere?cursor={end}" if end < len(found) else None
        return 200, {"next": following, "previous": None, "results": found[start:end]}

    def _upload(self, asked: Asked) -> Answer:
        digest = f"sha256:{hashlib.sha256(asked.body).hexdigest()}"
        if asked.headers.get("X-Assay-Digest", digest) != digest:
            raise Refusal(400, "artifact.digest", "The bytes do not have the digest that was announced.")
        new = digest not in self.artifacts
        self.artifacts[digest] = asked.body
        return (201 if new else 200), {"digest": digest, "size": len(asked.body)}

    def _new_model(self, asked: Asked) -> Answer:
        self.models.append({"id": "m1", "name": asked.document["name"]})
        return 201, self.models[-1]

    def _new_version(self, asked: Asked) -> Answer:
        given = asked.document
        made = {name: given[name] for name in ("version", "format", "training", "dataset_versions")}
        made.update(system="credit", model="scorer", digest=given["artifact_digest"])
        if given["artifact_digest"] not in self.artifacts:
            raise Refusal(404, "artifact.unknown", "There is no such artifact.")
        for item in self.versions:
            if item["version"] == made["version"]:
                if any(item[name] != made[name] for name in ("digest", "format", "training")):
                    raise Refusal(
                        409, "model_version.exists", "Version 1 never changes. Register a new version."
                    )
                return 201, item
        self.versions.append({"id": f"v{len(self.versions) + 1}", **made})
        return 201, self.versions[-1]

    def _new_run(self, asked: Asked) -> Answer:
        if asked.document["dataset_version"] != "dv1":
            raise Refusal(400, "dataset_version.unknown", "There is no such dataset version.")
        return 202, {
            "id": "r1",
            "state": "queued",
            "progress": 0,
            "step": "queued",
            "checks": [],
            "url": "/runs/r1",
        }

    def _run(self) -> Item:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        check = {"name": "impact ratio of sex", "verdict": state, "sentence": f"The impact ratio {state}."}
        done = state not in ("queued", "running")
        return {
            "id": "r1",
            "state": state,
            "progress": 100 if done else 40,
            "step": "measuring",
            "checks": [check] if done else [],
            "url": "https://assay.example/runs/r1",
        }
