"""What the PDF says about itself: the archive (PDF/A-3a) and accessibility (PDF/UA-1) marks side by side."""

import re
from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring, register_namespace, tostring

import pydyf  # type: ignore[import-untyped]
from weasyprint.pdf.metadata import NS, DocumentMetadata

AMBIGUOUS = b"\r\nendstream"
EMPTY_MAPPING = re.compile(rb"^(<[0-9a-f]{4}>) <>$")
EXTENSION = {
    "pdfaExtension": "http://www.aiim.org/pdfa/ns/extension/",
    "pdfaSchema": "http://www.aiim.org/pdfa/ns/schema#",
    "pdfaProperty": "http://www.aiim.org/pdfa/ns/property#",
}
for _prefix, _uri in EXTENSION.items():
    register_namespace(_prefix, _uri)


class ArchiveMetadata(DocumentMetadata):  # type: ignore[misc]  # WeasyPrint has no type information
    """WeasyPrint writes one mark or the other; a report carries both, in metadata that any reader can search."""

    def include_in_pdf(self, pdf: Any, variant: str, version: int, conformance: str, compress: bool) -> None:
        """Never compressed: a checker that reads the file as text must find the marks."""
        super().include_in_pdf(pdf, variant, version, conformance, False)

    def generate_rdf_metadata(self, variant: str, version: int, conformance: str) -> bytes:
        """The usual metadata, the accessibility mark, and the schema that PDF/A demands for that mark."""
        rdf = fromstring(super().generate_rdf_metadata(variant, version, conformance))  # noqa: S314 - our own bytes
        mark = SubElement(rdf, _name("rdf", "Description"), {_name("rdf", "about"): ""})
        SubElement(mark, f"{{{NS['pdfuaid']}}}part").text = "1"
        rdf.append(_schema())
        return bytes(tostring(rdf, encoding="utf-8"))


def mend(_document: Any, pdf: Any, *, padding: int = 0) -> None:
    """Puts right what WeasyPrint's output gets wrong in the eyes of a strict checker, just before it is written.

    A glyph that draws no character of its own (a mark joined to its base) is mapped to nothing, which PDF/A and PDF/UA
    refuse: it gets a zero-width character. Compressed data that happens to end with a carriage return looks one byte
    shorter than its declared length: it is left uncompressed. `padding` adds unused objects, which changes the tables
    that are compressed later.
    """
    for part in pdf.objects:
        if not isinstance(part, pydyf.Stream):
            continue
        if b"endcmap" in part.stream:
            part.stream = [EMPTY_MAPPING.sub(rb"\1 <200b>", line) for line in part.stream]
        if part.compress and AMBIGUOUS in part.data[-len(AMBIGUOUS) :]:
            part.compress = False
    for _ in range(padding):
        pdf.add_object(pydyf.Dictionary())


def _schema() -> Element:
    """The PDF/A extension schema that declares `pdfuaid:part`."""
    described = Element(_name("rdf", "Description"), {_name("rdf", "about"): ""})
    schemas = SubElement(described, _name("pdfaExtension", "schemas"))
    schema = SubElement(SubElement(schemas, _name("rdf", "Bag")), _name("rdf", "li"), _RESOURCE)
    SubElement(schema, _name("pdfaSchema", "schema")).text = "PDF/UA identification schema"
    SubElement(schema, _name("pdfaSchema", "namespaceURI")).text = NS["pdfuaid"]
    SubElement(schema, _name("pdfaSchema", "prefix")).text = "pdfuaid"
    properties = SubElement(SubElement(schema, _name("pdfaSchema", "property")), _name("rdf", "Seq"))
    part = SubElement(properties, _name("rdf", "li"), _RESOURCE)
    SubElement(part, _name("pdfaProperty", "name")).text = "part"
    SubElement(part, _name("pdfaProperty", "valueType")).text = "Integer"
    SubElement(part, _name("pdfaProperty", "category")).text = "internal"
    SubElement(
        part, _name("pdfaProperty", "description")
    ).text = "Indicates which part of ISO 14289 is followed"
    return described


def _name(prefix: str, local: str) -> str:
    return f"{{{ {**NS, **EXTENSION}[prefix] }}}{local}"


_RESOURCE = {_name("rdf", "parseType"): "Resource"}
