"""Hostile reports: text stays text, nothing is fetched, and a print that goes wrong leaves nothing behind."""

import html
import itertools
import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import page
import pytest

from governance.reports.cage import Limits
from governance.reports.codec import to_json
from governance.reports.errors import ReportRefused
from governance.reports.isolated import render_in_child
from governance.reports.printable import printable
from governance.reports.values import Cited
from tests.governance.reports.printing import in_process, print_it, text_of
from tests.governance.reports.specimen import RUN, measured, specimen, with_texts
from tests.shared import shared

SECRET = "canary-9f31c0de"
# Two prints at once would only slow each other down.
pytestmark = pytest.mark.xdist_group("reports")


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """An address that remembers every request."""
    asked: list[str] = []

    class Remembering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Remembering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/canary", asked
    server.shutdown()
    server.server_close()


def attacks(url: str, file: Path) -> list[str]:
    return [
        f'<img src="{url}">',
        f"<link rel=attachment href=file://{file}>",
        f"<link rel=stylesheet href={url}>",
        f"<style>@import url({url}); @page {{ size: 1mm; background: url({url}) }}</style>",
        f'"><object data="file://{file}"></object>',
        f'<svg><use href="{url}#a"/><image href="file://{file}"/></svg>',
        f"<iframe src=file://{file}></iframe><embed src={url}>",
        f'<a href="file://{file}" download rel=attachment>x</a>',
        "data:text/html;base64,PHNjcmlwdD4=",
        f"</title><base href={url}><meta http-equiv=refresh content=0;url={url}>",
        f'<body background="{url}"><table background="{url}"><font size=7>',
        "{{ 7|add:7 }} {{7*7}} {% debug %} {% include '/etc/passwd' %} {# x #}",
        "{0.__class__} %(x)s ${7*7} #{7*7} <%= 7 %>",
        "]]><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e; &lt;b&gt;",
        "\x00\x1b[31m\u202egnp.exe\u200b\ufeff\r\nBcc: x",
    ]


def test_markup_in_every_field_stays_text_and_nothing_is_fetched(
    canary: tuple[str, list[str]], tmp_path: Path
) -> None:
    url, asked = canary
    file = tmp_path / "canary.txt"
    file.write_text(SECRET, encoding="utf-8")
    texts = itertools.cycle(attacks(url, file))
    report = print_it(with_texts(lambda _text: next(texts)))
    shown = report.html.decode()
    assert asked == []
    assert SECRET.encode() not in report.pdf + report.html
    for attack in attacks(url, file):
        assert html.escape(printable(attack)) in shown
    tags = {tag.split()[0] for tag in shown.split("<")[1:]}
    assert not {"img", "object", "iframe", "embed", "base", "style", "script", "font", "image", "use"} & tags
    assert shown.count("<link") == 1
    assert "{{7*7}}" in text_of(report).replace(" ", "")


@pytest.mark.parametrize("start", [0, 250])
def test_the_naughty_strings_print_as_an_archive_file(start: int) -> None:
    strings = json.loads(shared("vectors/naughty-strings/blns.json").read_text("utf-8"))
    texts = itertools.cycle(one for one in strings[start:] + strings[:start] if one.strip())
    report = print_it(with_texts(lambda _text: next(texts)))
    for profile in (page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1):
        found = page.validate_pdf_bytes(report.pdf, profile=profile).failures
        assert {(one.rule_id, one.message) for one in found} == set()


@pytest.mark.parametrize(
    "part",
    ['<img src="http://127.0.0.1:9/x">', '<img src="file:///etc/hostname">', '<img src="data:image/png;base64,AA==">',
     '<link rel="stylesheet" href="other.css">', '<link rel="attachment" href="file:///etc/hostname">',
     '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:9/x" width="9" height="9"/></svg>'],
)  # fmt: skip
def test_even_markup_that_got_through_would_end_the_print(part: str) -> None:
    code = (
        "from datetime import datetime, UTC; from governance.reports.render import to_pdf\n"
        f"to_pdf('<html lang=en><title>t</title>' + {part!r}, b'', datetime.now(UTC))"
    )
    result = in_process(code)
    assert "The report tried to load" in result.stderr.splitlines()[-1]


CAGED = """
import sys, os, socket, subprocess, pathlib
from governance.reports import cage
here = pathlib.Path({folder!r})
cage.shut([pathlib.Path(sys.prefix), pathlib.Path(sys.base_prefix)], here)
(here / "mine").write_text("x")
try:
    {act}
except cage.Forbidden as refused:
    print("refused:", refused)
"""


@pytest.mark.parametrize(
    "act",
    ["open('/etc/hostname').read()", "open({outside!r}, 'w')", "socket.create_connection(('127.0.0.1', 9))",
     "socket.getaddrinfo('example.org', 80)", "subprocess.run(['true'])", "os.system('true')", "os.fork()",
     "os.execv('/bin/true', ['true'])", "open(os.path.join({folder!r}, '..', 'outside'), 'w')",
     "os.symlink('/etc/hostname', {folder!r} + '/link') or open({folder!r} + '/link').read()"],
)  # fmt: skip
def test_the_child_reads_writes_and_calls_nothing_else(act: str, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    names = {"folder": str(folder), "outside": str(tmp_path / "outside")}
    result = in_process(CAGED.format(**names, act=act.format(**names)))
    assert result.stdout.startswith("refused:"), result.stderr
    assert (folder / "mine").exists()
    assert not (tmp_path / "outside").exists()


def test_the_child_knows_no_settings_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", SECRET)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nowhere")
    code = (
        "import sys; from governance.reports import isolated; from pathlib import Path\n"
        "print(sorted(isolated._environment(Path('/x'))))"
    )
    assert "SECRET" not in in_process(code).stdout
    code = (
        "import sys; sys.argv = ['x']; sys.path.insert(0, '.'); from runpy import run_path\n"
        "run = run_path('governance/reports/child.py'); run['bare_package']('governance')\n"
        "import governance.reports.codec; print('celery' in sys.modules, 'governance.settings' in sys.modules)"
    )
    assert in_process(code).stdout.strip() == "False False"


def refused(document: bytes, limits: Limits) -> str:
    with pytest.raises(ReportRefused) as refusal:
        render_in_child(document, limits)
    return refusal.value.message


LIMITS: dict[str, tuple[Callable[[], bytes], Limits, str]] = {
    "wall clock": (lambda: to_json(specimen()), Limits(wall_seconds=0), "longer than 0 seconds"),
    "memory": (
        lambda: to_json(specimen()),
        Limits(memory_bytes=48 * 1024**2),
        "Nothing was kept|not printed",
    ),
    "processor": (lambda: to_json(specimen()), Limits(cpu_seconds=1), "signal 24|signal 9|not printed"),
    "file size": (lambda: to_json(specimen()), Limits(file_bytes=20_000), "not printed|signal 25"),
    "document": (lambda: to_json(specimen()), Limits(document_bytes=1000), "1000 can be printed"),
    "not a document": (lambda: b"{}", Limits(), "not of the schema"),
    "not even JSON": (lambda: b"\xff\x00", Limits(), "not valid JSON"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_print_that_goes_wrong_is_refused_whole(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, limits, message = LIMITS[name]
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said = refused(document(), limits)
    assert any(part in said for part in message.split("|")), said
    assert list(tmp_path.iterdir()) == []


def test_a_machine_without_pango_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys, runpy\n"
        "class NoPango:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'weasyprint': raise OSError('cannot load library libpango-1.0-0')\n"
        "sys.meta_path.insert(0, NoPango())\n"
        f"sys.argv = ['child.py', {str(tmp_path)!r}, {json.dumps(json.dumps(Limits().as_dict()))}]\n"
        "runpy.run_path('governance/reports/child.py', run_name='__main__')"
    )
    assert in_process(code).returncode == 3
    code = (
        "from pathlib import Path; from governance.reports import isolated\n"
        f"isolated._judge(3, Path({str(tmp_path)!r}))"
    )
    said = in_process(code).stderr
    assert "ReportUnavailable" in said
    assert "apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0" in said


def test_thousands_of_rows_are_counted_and_not_printed() -> None:
    table = specimen().performance[0]
    row = replace(table.rows[0], n=Cited(5, RUN), cells=(measured(0.5),))
    long = replace(table, columns=table.columns[:1], rows=tuple(row for _ in range(8_000)))
    report = print_it(replace(specimen(), performance=(long,)))
    assert "7\u202f800 more rows in the machine-readable twin" in text_of(report)
    assert report.pages < 30


def test_it_leaves_no_process_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    refused(to_json(specimen()), Limits(wall_seconds=1))
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and os.access(entry / "cmdline", os.R_OK):
            command = (entry / "cmdline").read_bytes() if entry.exists() else b""
            assert str(tmp_path).encode() not in command
