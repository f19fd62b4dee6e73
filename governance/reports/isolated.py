"""Prints a report in a child process that may be killed: all three files come back whole, or nothing does."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from governance.reports.cage import Limits
from governance.reports.child import REFUSED, UNAVAILABLE
from governance.reports.errors import ReportRefused, ReportUnavailable

PARTS = ("report.pdf", "report.html", "report.json")
CHILD = Path(__file__).resolve().parent / "child.py"
# An empty font configuration: only the vendored typefaces exist, so every machine prints the same.
FONTCONFIG = (
    '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>{}</fontconfig>'
)
HOW_TO_PRINT = (
    "Reports cannot be printed on this machine: the Pango libraries behind WeasyPrint are missing. On Debian or "
    "Ubuntu run: apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0. Everything else works."
)


@dataclass(frozen=True, slots=True)
class RenderedReport:
    """A printed report: the PDF, the page it was printed from, its machine-readable twin, and the digest of each."""

    pdf: bytes
    html: bytes
    twin: bytes
    pdf_digest: str
    html_digest: str
    twin_digest: str
    pages: int


def render_in_child(document_json: bytes | str, limits: Limits | None = None) -> RenderedReport:
    """Prints the document; raises ReportRefused with the reason, or ReportUnavailable where nothing can print."""
    limits = limits or Limits()
    data = document_json.encode() if isinstance(document_json, str) else document_json
    if len(data) > limits.document_bytes:
        raise ReportRefused(
            f"The report has {len(data)} bytes; {limits.document_bytes} can be printed. Shorten its texts or tables."
        )
    with tempfile.TemporaryDirectory(prefix="assay-report-") as name:
        folder = Path(name).resolve()
        try:
            _run(folder, data, limits)
        except ReportUnavailable as missing:
            if not can_print():
                raise
            # The libraries are there: it was this run's memory in which they could not be loaded.
            raise ReportRefused(
                "The printing process reached its limit of memory while it loaded its libraries. Nothing was kept."
            ) from missing
        return _collect(folder)


def can_print() -> bool:
    """Whether this machine has what printing needs, tried for real; a start-up check asks once."""
    with tempfile.TemporaryDirectory(prefix="assay-report-") as name:
        try:
            _run(Path(name).resolve(), b"{}", Limits())
        except ReportUnavailable:
            return False
        except ReportRefused:
            return True
    return True


def _run(folder: Path, data: bytes, limits: Limits) -> None:
    """One child, killed with everything it may have started when its time is over."""
    (folder / "fonts.conf").write_text(
        FONTCONFIG.format(f"<cachedir>{folder}/cache</cachedir>"), encoding="utf-8"
    )
    command = [
        sys.executable,
        "-s",
        "-P",
        "-X",
        "utf8",
        str(CHILD),
        str(folder),
        json.dumps(limits.as_dict()),
    ]
    with (
        (folder / "stderr").open("wb") as errors,
        subprocess.Popen(  # noqa: S603 - our own interpreter and file; the document goes in by a pipe
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,
        ) as child,
    ):
        try:
            child.communicate(data, timeout=limits.wall_seconds)
        except subprocess.TimeoutExpired:
            _kill(child)
            raise ReportRefused(
                f"Printing took longer than {limits.wall_seconds} seconds and was stopped. Nothing was kept."
            ) from None
        except BaseException:
            _kill(child)
            raise
    _judge(child.returncode, folder)


def _environment(folder: Path) -> dict[str, str]:
    """All that the child knows of the world: nothing of ours, and what keeps its bytes the same."""
    return {
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "FONTCONFIG_FILE": str(folder / "fonts.conf"),
        # Library search paths are the machine's business, not a secret: without them Pango may not be found.
        **{name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ},
    }


def _kill(child: subprocess.Popen[bytes]) -> None:
    """The child's whole session, then its exit status, so that no zombie stays."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _judge(code: int, folder: Path) -> None:
    """Raises unless the child ended well."""
    if code == 0:
        return
    failed = folder / "failed.json"
    reason = (
        json.loads(failed.read_text(encoding="utf-8"))
        if code in (REFUSED, UNAVAILABLE) and failed.exists()
        else {}
    )
    if code == UNAVAILABLE:
        raise ReportUnavailable(f"{HOW_TO_PRINT} ({reason.get('message', 'no details')})")
    if reason:
        raise ReportRefused(f"The report was not printed: {reason['message']}", code=reason["code"])
    said = (folder / "stderr").read_bytes()[-300:].decode("utf-8", "replace").strip().splitlines()
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    raise ReportRefused(
        f"The printing process ended with {how}, most likely at a limit of time or memory. Nothing was kept. "
        f"{said[-1] if said else ''}".strip()
    )


def _collect(folder: Path) -> RenderedReport:
    """The three files, each checked against the digest the child gave for it."""
    printed = json.loads((folder / "printed.json").read_text(encoding="utf-8"))
    digests = printed["digests"]
    pdf, html, twin = ((folder / name).read_bytes() for name in PARTS)
    for name, content in zip(PARTS, (pdf, html, twin), strict=True):
        if f"sha256:{sha256(content).hexdigest()}" != digests[name]:
            raise ReportRefused(
                "The printed files are not those the printing process made. Nothing was kept."
            )
    pdf_digest, html_digest, twin_digest = (digests[name] for name in PARTS)
    return RenderedReport(pdf, html, twin, pdf_digest, html_digest, twin_digest, int(printed["pages"]))
