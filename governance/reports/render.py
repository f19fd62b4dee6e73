"""Prints HTML as PDF. With `archive`, the only module that imports WeasyPrint; runs in the child process alone."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from governance.reports.archive import AMBIGUOUS, ArchiveMetadata, mend
from governance.reports.errors import ReportRefused
from governance.reports.pages import TEMPLATES
from governance.reports.printable import TYPEFACES, fallbacks

BASE = "https://report.invalid/"
WEB_FONTS = Path(__file__).resolve().parent.parent / "static" / "fonts"
TWIN_NAME = "validation-report.json"
# One printing in a hundred needs a second try for an ambiguous byte in its tables; four in a row do not happen.
TRIES = 4
FAMILIES = {
    "assay-hangul": "Assay Hangul",
    "droid-sans-fallback": "Droid Sans Fallback",
    "noto-sans-arabic": "Noto Sans Arabic",
    "noto-sans-devanagari": "Noto Sans Devanagari",
    "noto-sans-hebrew": "Noto Sans Hebrew",
    "noto-sans-thai": "Noto Sans Thai",
}


class ClosedFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no type information
    """Knows a few assets by name and nothing else: no network, no files, no data URLs, no redirects."""

    def __init__(self, assets: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
        self.assets = {BASE + name: content for name, content in assets.items()}
        self.refused: list[str] = []

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """The asset; anything else ends the printing, because a report that asks for more is not ours."""
        if url not in self.assets:
            self.refused.append(url)
            raise FatalURLFetchingError(
                f"The report tried to load {url[:200]!r}. Nothing but its own assets is loaded."
            )
        kind = "text/css" if url.endswith(".css") else "font/woff2"
        return URLFetcherResponse(url, self.assets[url], {"Content-Type": kind})

    __call__ = fetch


def assets_for(html: str) -> dict[str, bytes]:
    """The style sheet and the typefaces that this report needs, read before anything of the report is parsed."""
    fonts = {path.name: path.read_bytes() for path in sorted(WEB_FONTS.glob("*.woff2"))}
    css = [(WEB_FONTS / "fonts.css").read_text(encoding="utf-8")]
    for name in fallbacks(html):
        file = f"{name}-400.woff2"
        fonts[file] = (TYPEFACES / file).read_bytes()
        css.append(f'@font-face {{ font-family: "{FAMILIES[name]}"; src: url("{file}") format("woff2"); }}\n')
    css.append((TEMPLATES / "report.css").read_text(encoding="utf-8"))
    return {**fonts, "report.css": "".join(css).encode()}


def to_pdf(html: str, twin: bytes, at: datetime) -> tuple[bytes, int]:
    """The PDF with its twin attached, and how many pages it has; same input, same bytes."""
    for padding in range(TRIES):
        pdf, pages = _print(html, twin, at, padding)
        if AMBIGUOUS not in pdf:
            break
    return pdf, pages


def _print(html: str, twin: bytes, at: datetime, padding: int) -> tuple[bytes, int]:
    fetcher = ClosedFetcher(assets_for(html))
    page = weasyprint.HTML(string=html, base_url=BASE, url_fetcher=fetcher)
    document = page.render(font_config=FontConfiguration(), pdf_variant="pdf/a-3a")
    document.metadata = ArchiveMetadata(**vars(document.metadata))
    attached = weasyprint.Attachment(
        string=twin,
        name=TWIN_NAME,
        description="The machine-readable twin of this report (canonical JSON)",
        created=at,
        modified=at,
        relationship="Alternative",
        url_fetcher=fetcher,
    )
    pdf = document.write_pdf(
        finisher=partial(mend, padding=padding),
        pdf_variant="pdf/a-3a",
        pdf_identifier=sha256(twin).hexdigest()[:32].encode(),
        attachments=[attached],
    )
    if fetcher.refused:
        # Drawing an SVG swallows every exception, the fatal one too; such a report is refused all the same.
        raise ReportRefused(f"The report tried to load {fetcher.refused[0][:200]!r}.")
    return bytes(pdf), len(document.pages)
