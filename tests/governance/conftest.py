"""Shared by the tests of decisions."""

import pytest

from governance.services import reports
from tests.governance.staging import printed


@pytest.fixture
def printer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A printer that needs no fonts and no time; what is printed is tested in tests/governance/reports."""
    monkeypatch.setattr(reports, "validation_report", lambda dossier: dossier)
    monkeypatch.setattr("governance.services.reports.codec.to_json", lambda document: b"{}")
    monkeypatch.setattr(reports, "render_in_child", lambda document: printed())
