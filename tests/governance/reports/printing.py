"""Prints once for each test process, because a print takes seconds; skips loudly where nothing can print."""

import io
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pikepdf
import pytest

from governance.reports.codec import to_json
from governance.reports.document import ReportDocument
from governance.reports.errors import ReportUnavailable
from governance.reports.isolated import RenderedReport, render_in_child
from tests.governance.reports.specimen import specimen

ROOT = Path(__file__).resolve().parents[3]


def print_it(document: ReportDocument) -> RenderedReport:
    """The printed document."""
    try:
        return render_in_child(to_json(document))
    except ReportUnavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"LEFT OUT: {error.message}")


@cache
def printed_specimen() -> RenderedReport:
    """The specimen, printed."""
    return print_it(specimen())


def opened(report: RenderedReport) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(report.pdf))


def text_of(report: RenderedReport) -> str:
    """The text of the PDF as a reader program extracts it, through the fonts' own Unicode maps."""
    pdf = opened(report)
    return "".join(_page_text(page) for page in pdf.pages)


def _page_text(page: pikepdf.Page) -> str:
    maps = {name: _unicode_map(font) for name, font in page.obj["/Resources"]["/Font"].items()}
    said: list[str] = []
    current: dict[bytes, str] = {}
    for instruction in pikepdf.parse_content_stream(page):
        operator, operands = str(instruction.operator), list(instruction.operands)
        if operator == "Tf":
            current = maps[str(operands[0])]
        for piece in operands[0] if operator == "TJ" else ():
            if isinstance(piece, pikepdf.String):
                raw = bytes(piece)
                said += [current.get(raw[place : place + 2], "") for place in range(0, len(raw), 2)]
    return "".join(said)


def _unicode_map(font: pikepdf.Object) -> dict[bytes, str]:
    mapped = bytes(font["/ToUnicode"].read_bytes()).decode("ascii").partition("endcodespacerange")[2]
    pairs = re.findall(r"^<([0-9a-f]{4})> <([0-9a-f]+)>$", mapped, re.MULTILINE)
    return {bytes.fromhex(glyph): bytes.fromhex(text).decode("utf-16-be") for glyph, text in pairs}


def in_process(code: str) -> subprocess.CompletedProcess[str]:
    """Runs a few lines in a process of their own, where a broken cage or WeasyPrint cannot hurt the tests."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        check=False,
    )
