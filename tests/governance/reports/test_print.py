"""The printed report: an archive file that a screen reader can read, with its twin inside, the same every time."""

from collections.abc import Iterator
from hashlib import sha256

import page
import pikepdf
import pytest

from governance.reports.codec import to_json
from tests.governance.reports.printing import opened, print_it, printed_specimen, text_of
from tests.governance.reports.specimen import specimen

# One worker prints for all of these.
pytestmark = pytest.mark.xdist_group("reports")


def sha(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"


@pytest.mark.parametrize("profile", [page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1])
def test_it_conforms_to_the_archive_and_the_accessibility_standard(profile: page.ValidationProfile) -> None:
    report = page.validate_pdf_bytes(printed_specimen().pdf, profile=profile)
    assert {(failure.rule_id, failure.message) for failure in report.failures} == set()
    assert report.is_compliant


def test_it_says_what_it_is_and_when_its_facts_were_gathered() -> None:
    pdf = opened(printed_specimen())
    assert str(pdf.Root["/Lang"]) == "en"
    assert str(pdf.docinfo["/Title"]) == "Independent validation report: credit-scoring v2"
    assert str(pdf.docinfo["/CreationDate"]) == "D:20261120140500Z"
    assert bool(pdf.Root["/MarkInfo"]["/Marked"])


def test_it_carries_its_twin() -> None:
    report = printed_specimen()
    pdf = opened(report)
    attached = pdf.attachments["validation-report.json"].get_file()
    assert attached.read_bytes() == report.twin == to_json(specimen())
    assert attached.obj["/Subtype"] == "/application/json"


def test_it_knows_the_digest_of_each_part() -> None:
    report = printed_specimen()
    parts = (sha(report.pdf), sha(report.html), sha(report.twin))
    assert parts == (report.pdf_digest, report.html_digest, report.twin_digest)


def test_the_same_document_gives_the_same_bytes() -> None:
    assert print_it(specimen()).pdf_digest == printed_specimen().pdf_digest


def test_it_counts_its_pages_on_every_page() -> None:
    report = printed_specimen()
    text = text_of(report)
    assert report.pages == len(opened(report).pages)
    assert all(f"Page {number} of {report.pages}" in text for number in range(1, report.pages + 1))


def test_every_page_says_that_it_is_a_draft_and_of_which_dossier() -> None:
    report = printed_specimen()
    footer = f"Draft until signed · dossier {specimen().binding.dossier_digest}"
    assert text_of(report).count(footer) == report.pages


def test_it_has_a_bookmark_for_every_chapter() -> None:
    pdf = opened(printed_specimen())
    with pdf.open_outline() as outline:
        titles = [item.title for item in outline.root]
    assert titles[:3] == ["Contents", "How to read this report", "1 Summary"]
    assert titles[-1] == "17 Evidence"


def test_every_chart_has_an_alternative_text() -> None:
    pdf = opened(printed_specimen())
    figures = [part for part in _structure(pdf) if part.get("/S") == "/Figure"]
    assert len(figures) == 3
    assert all("The table below has the same numbers." in str(figure["/Alt"]) for figure in figures)


def test_its_tables_name_their_header_cells() -> None:
    pdf = opened(printed_specimen())
    parts = [part for part in _structure(pdf) if part.get("/S") == "/TD"]
    assert parts
    assert all(part["/A"]["/Headers"] for part in parts)


def test_it_embeds_every_font_it_uses() -> None:
    pdf = opened(printed_specimen())
    fonts = {
        str(font["/BaseFont"]).split("+")[-1]: font["/DescendantFonts"][0]["/FontDescriptor"]
        for one in pdf.pages
        for font in one.obj["/Resources"]["/Font"].values()
    }
    assert set(fonts) == {"Inter", "Inter-Medium", "Inter-Semi-Bold", "JetBrains-Mono", "Assay-Signs"}
    assert all("/FontFile2" in descriptor for descriptor in fonts.values())


def _structure(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Every structure element."""
    waiting = [pdf.Root["/StructTreeRoot"]["/K"][0]]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, pikepdf.Dictionary):
            continue
        yield part
        kids = part.get("/K")
        waiting += list(kids) if isinstance(kids, pikepdf.Array) else [kids] if kids is not None else []
