"""The printing child: reads a document from standard input, writes three files into its folder, and ends.

It is started by path, not imported: `governance` is entered here as a bare package, so that neither the service's
settings, nor its database, nor its queue exist in this process. Exit codes: 0 printed, 2 refused, 3 cannot print here.
"""

import importlib
import json
import sys
import types
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PRINTED, REFUSED, UNAVAILABLE = 0, 2, 3


def bare_package(name: str) -> None:
    """Registers a package without running its start-up code."""
    package = types.ModuleType(name)
    package.__path__ = [str(ROOT / name)]
    sys.modules[name] = package


def print_report(folder: Path, most: int) -> None:
    """Document to HTML to PDF, and a list of what was written with its digests."""
    codec, pages, render = (
        importlib.import_module(f"governance.reports.{name}") for name in ("codec", "pages", "render")
    )
    errors = importlib.import_module("governance.reports.errors")
    data = sys.stdin.buffer.read(most + 1)
    if len(data) > most:
        raise errors.ReportRefused(
            f"The report has more than {most} bytes, which cannot be printed. Shorten its texts."
        )
    document = codec.from_json(data)
    twin = codec.to_json(document)
    html = pages.to_html(document)
    pdf, count = render.to_pdf(html, twin, document.binding.dossier_at)
    parts = {"report.pdf": pdf, "report.html": html.encode(), "report.json": twin}
    for name, content in parts.items():
        (folder / name).write_bytes(content)
    digests = {name: f"sha256:{sha256(content).hexdigest()}" for name, content in parts.items()}
    (folder / "printed.json").write_text(json.dumps({"digests": digests, "pages": count}), encoding="utf-8")


def main(folder: Path, limits: dict[str, int]) -> int:
    """Shuts the process in, prints, and says in one sentence what went wrong if something did."""
    sys.path.insert(0, str(ROOT))
    bare_package("governance")
    cage = importlib.import_module("governance.reports.cage")
    cage.lower_limits(cage.Limits(**limits))
    cage.leave_network()
    try:
        importlib.import_module("governance.reports.render")
    except OSError as error:  # the native libraries behind WeasyPrint
        return _failed(folder, UNAVAILABLE, "report.unavailable", str(error).splitlines()[0])
    libraries = {Path(sys.prefix), Path(sys.base_prefix)}
    own = {ROOT / "governance", ROOT / "audits", ROOT / "registry", ROOT / "templates" / "reports"}
    cage.shut([*libraries, *own], folder)
    errors = importlib.import_module("governance.reports.errors")
    try:
        print_report(folder, limits["document_bytes"])
    except errors.AssayError as error:
        return _failed(folder, REFUSED, error.code, error.message)
    except BaseException as error:  # noqa: BLE001 - whatever it was, no half report: the parent gets the reason
        return _failed(folder, REFUSED, "report.failed", f"{type(error).__name__}: {error}")
    return PRINTED


def _failed(folder: Path, code: int, name: str, message: str) -> int:
    (folder / "failed.json").write_text(
        json.dumps({"code": name, "message": message[:2000]}), encoding="utf-8"
    )
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
