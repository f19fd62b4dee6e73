"""A report as HTML: Django's template engine with autoescape, our filters, and templates that passed the check."""

from functools import cache
from pathlib import Path

from django.template import Context, Engine
from django.template.base import Template

from governance.reports import strict
from governance.reports.document import ReportDocument
from governance.reports.typeset import typeset

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates" / "reports"


class ReportEngine(Engine):
    """An engine of its own: none of the service's context processors, libraries or loaders reach a report."""

    def __init__(self) -> None:
        super().__init__(dirs=[str(TEMPLATES)], builtins=["governance.reports.filters"], autoescape=True)
        self._checked: set[str] = set()

    def get_template(self, template_name: str) -> Template:
        """The template, after the check that it cannot print anything unbound."""
        template = super().get_template(template_name)
        if template_name not in self._checked:
            strict.check(template)
            self._checked.add(template_name)
        return template


@cache
def engine() -> ReportEngine:
    """The one engine of a process."""
    return ReportEngine()


def to_html(document: ReportDocument) -> str:
    """The whole report as one HTML page that names `report.css` and nothing else."""
    template = engine().get_template("validation_report.html")
    return str(
        template.render(Context({"report": document, "set": typeset(document)}, use_l10n=False, use_tz=False))
    )
