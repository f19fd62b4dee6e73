"""Follow a child until it ends or has to be ended: what it says, how long it takes, how much it writes."""

import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from audits.sandbox.limits import SandboxLimits

Progress = Callable[[str, float], None]

_LOOK_SECONDS = 0.1
_READ_BYTES = 64 * 1024
_KEPT_TEXT_BYTES = 16 * 1024
_STEP_LENGTH = 80
_BLOCK = 4096
# A step is always told when it begins; more steps than this are noise, and only told now and then.
_STEPS = 20


class Watch:
    """One child's guard; `reason` is why the guard ended it, None while the child ended by itself."""

    def __init__(self, limits: SandboxLimits, written: Sequence[Path], progress: Progress | None) -> None:
        self._limits = limits
        self._written = written
        self._progress = progress
        self._said = 0
        self._text = b""
        self._line = b""
        self._reported = 0.0
        self._fraction: object = None
        self._steps: set[str] = set()
        self.walls: dict[str, Any] | None = None
        self.reason: str | None = None

    @property
    def text(self) -> str:
        """The end of what the child printed, without control characters."""
        return "".join(
            c if c.isprintable() or c == "\n" else " " for c in self._text.decode("utf-8", "replace")
        )

    def follow(self, child: subprocess.Popen[bytes], printed: int, progress: int) -> None:
        """Return when the child is gone and reaped, whatever it did."""
        deadline = time.monotonic() + self._limits.wall_seconds
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(printed, selectors.EVENT_READ, self._hear_text)
                selector.register(progress, selectors.EVENT_READ, self._hear_progress)
                while self.reason is None and not (_ended(child) and not self._listen(selector, 0)):
                    self._listen(selector, _LOOK_SECONDS)
                    self._look(deadline)
        finally:
            _end(child)

    def _listen(self, selector: selectors.BaseSelector, seconds: float) -> bool:
        """Read what is there; False when nothing was."""
        if not selector.get_map():
            time.sleep(seconds)
            return False
        heard = False
        for key, _ in selector.select(seconds):
            piece = os.read(key.fd, _READ_BYTES)
            if piece:
                key.data(piece)
            else:
                selector.unregister(key.fileobj)
            heard = heard or bool(piece)
        return heard

    def _look(self, deadline: float) -> None:
        if self._said > self._limits.output_bytes:
            self.reason = "output"
        elif time.monotonic() > deadline:
            self.reason = "time"
        elif sum(map(_stored_bytes, self._written)) > self._limits.disk_bytes:
            self.reason = "disk"

    def _hear_text(self, piece: bytes) -> None:
        self._said += len(piece)
        self._text = (self._text + piece)[-_KEPT_TEXT_BYTES:]

    def _hear_progress(self, piece: bytes) -> None:
        self._said += len(piece)
        *lines, self._line = (self._line + piece).split(b"\n")
        for line in lines:
            self._hear_line(line)

    def _hear_line(self, line: bytes) -> None:
        """The first line is written before the model is opened and names the walls; later ones are only progress."""
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(said, dict):
            return
        if self.walls is None:
            self.walls = said.get("walls")
        elif self._progress is not None:
            self._report(said)

    def _report(self, said: dict[str, Any]) -> None:
        step, fraction, now = said.get("step"), said.get("fraction"), time.monotonic()
        sound = isinstance(fraction, int | float) and not isinstance(fraction, bool) and 0 <= fraction <= 1
        if self._progress is None or not isinstance(step, str) or not sound:
            return
        begins = step not in self._steps and len(self._steps) < _STEPS
        ends = fraction == 1 and self._fraction != 1
        if now - self._reported < _LOOK_SECONDS and not begins and not ends:
            return
        if begins:
            self._steps.add(step)
        self._reported, self._fraction = now, fraction
        self._progress("".join(c for c in step[:_STEP_LENGTH] if c.isprintable()), float(said["fraction"]))


def _ended(child: subprocess.Popen[bytes]) -> bool:
    """Whether the child is over, leaving it unreaped: its number must stay taken until its group is killed."""
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the whole group and reap the child. SIGKILL only: a request could be ignored."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        child.kill()
    child.wait()


def _stored_bytes(path: Path) -> int:
    """Bytes on disk of a file or of a flat folder: a sparse file costs what it stores, an empty one costs a block."""
    try:
        files = (
            [entry.stat(follow_symlinks=False) for entry in os.scandir(path)]
            if path.is_dir()
            else [path.stat()]
        )
    except OSError:
        return 0
    return sum(max(file.st_blocks * 512, _BLOCK) for file in files)
