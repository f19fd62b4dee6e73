"""What can go wrong between a dossier and its printed report."""

from registry.errors import AssayError, Unavailable


class Unbound(AssayError):
    """A template or a document would print a value that is not bound to evidence: a fault of the build."""

    code = "report.unbound"


class ReportRefused(AssayError):
    """The document cannot be printed as it is; nothing was kept."""

    code = "report.refused"


class ReportUnavailable(Unavailable):
    """This machine cannot print; the rest of the service works without."""

    code = "report.unavailable"
