"""Who writes over HTTP, each request with an idempotency key, and again until it is answered for."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

PAUSE_SECONDS = 0.05  # before a request is made again


@dataclass(frozen=True)
class Written:
    """What the service has answered for."""

    kind: str
    name: str
    key: str
    tries: int


@dataclass
class Record:
    """What all writers have seen, together."""

    written: list[Written] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    repeated: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Writer(threading.Thread):
    """Writes until it is told to end, and then until the last request is answered for."""

    def __init__(self, number: int, port: int, stage: dict[str, Any], record: Record, seed: str) -> None:
        super().__init__(name=f"writer-{number}", daemon=True)
        self._number, self._port, self._stage, self._record = number, port, stage, record
        self._chance = Random(f"{seed} {number}")
        self._link: http.client.HTTPConnection | None = None
        self.ending, self.profile = threading.Event(), threading.Event()

    def run(self) -> None:
        """One thing after the other."""
        turn = 0
        while not self.ending.is_set() and not self._record.wrong:
            turn += 1
            self._write(*self._next(f"w{self._number}-{turn}"))
        if self._link:
            self._link.close()

    def _next(self, name: str) -> tuple[str, str, str, str, dict[str, Any]]:
        """Kind, name, who, path and body of the next request."""
        system = f"/systems/{self._stage['system']}"
        if self.profile.is_set():
            self.profile.clear()
            return (
                "dataqualityrun",
                name,
                "stew",
                f"/dataset-versions/{self._stage['snapshot']}/quality-runs",
                {},
            )
        purpose = {"purpose": "Decide.", "risk_tier": "high"}
        choices: list[tuple[str, str, dict[str, Any]]] = [
            (
                "document",
                f"{system}/documents",
                {"kind": "model_card", "title": name, "content": {"purpose": name}},
            ),
            ("model", f"{system}/models", {"name": name}),
            ("system", "/systems", {"slug": name, "name": name, **purpose}),
        ]
        kind, path, body = self._chance.choices(choices, [6, 2, 2])[0]
        return kind, name, "dev", path, body

    def _write(self, kind: str, name: str, who: str, path: str, body: dict[str, Any]) -> None:
        tries, told = 0, None
        while told is None and not self._record.wrong:
            tries += 1
            told = self._asked(name, who, path, body)
            if told is None:
                time.sleep(PAUSE_SECONDS)
        if told is None:
            return
        with self._record.lock:
            self._record.written.append(Written(kind, name, told, tries))
        if self._chance.random() < 0.2:
            again = self._asked(name, who, path, body)
            with self._record.lock:
                self._record.repeated += again is not None
                if again not in (None, told):
                    self._record.wrong.append(f"{name} was made as {told}, and again as {again}.")

    def _asked(self, name: str, who: str, path: str, body: dict[str, Any]) -> str | None:
        """The key of what was made; None when there was no answer, or that it was not made."""
        headers = {
            "Authorization": f"Bearer {self._stage['tokens'][who]}",
            "Content-Type": "application/json",
        }
        try:
            link = self._link or http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            self._link = link
            link.request("POST", f"/api/v1{path}", json.dumps(body), {**headers, "Idempotency-Key": name})
            answer = link.getresponse()
            status, data = answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._link = None
            self._count(type(error).__name__)
            return None
        self._count(str(status))
        if status in (200, 201, 202):
            return str(json.loads(data)["id"])
        if status != 503:
            with self._record.lock:
                self._record.wrong.append(f"{name} {path}: {status} {data[:300]!r}")
        return None

    def _count(self, answer: str) -> None:
        with self._record.lock:
            self._record.answers[answer] += 1


def wait_until(what: Callable[[], bool], seconds: float, say: Callable[[], str]) -> float:
    """Seconds until it is so; the test fails when it takes longer."""
    begun = time.monotonic()
    while not what():
        assert time.monotonic() - begun < seconds, f"not within {seconds} s: {say()}"
        time.sleep(0.02)
    return time.monotonic() - begun
