"""Calls of the REST API, each as one of the people of the demonstration."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class CallFailed(Exception):
    """The server refused; `problem` is its answer."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status}: {problem.get('detail', problem)}")
        self.status, self.problem = status, problem


@dataclass(frozen=True)
class Caller:
    """One person's access to the API."""

    name: str
    base: str
    token: str

    def get(self, path: str) -> Any:
        """GET, as JSON."""
        return self._call("GET", path, None, "application/json")

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """POST JSON; a retry with the same body is the same request."""
        return self._call("POST", path, json.dumps(body).encode(), "application/json")

    def upload(self, path: Path) -> str:
        """Upload a file; its digest."""
        answer = self._call("POST", "/artifacts", path.read_bytes(), "application/octet-stream")
        return str(answer["digest"])

    def download(self, path: str) -> bytes:
        """GET, as bytes."""
        with self._open("GET", path, None, "application/json") as answer:
            return bytes(answer.read())

    def wait(
        self, path: str, working: set[str], progress: Callable[[dict[str, Any]], None]
    ) -> dict[str, Any]:
        """Ask again until the object's state is none of `working`."""
        while True:
            row: dict[str, Any] = self.get(path)
            progress(row)
            if row["state"] not in working:
                return row
            time.sleep(0.5)

    def _call(self, method: str, path: str, body: bytes | None, kind: str) -> Any:
        with self._open(method, path, body, kind) as answer:
            return json.loads(answer.read() or b"null")

    def _open(self, method: str, path: str, body: bytes | None, kind: str) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the demonstration's own server on this machine
            f"{self.base}/api/v1{path}",
            data=body,
            method=method,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": kind},
        )
        try:
            return urllib.request.urlopen(request, timeout=60)  # noqa: S310
        except urllib.error.HTTPError as error:
            raise CallFailed(error.code, json.loads(error.read() or b"{}")) from error
