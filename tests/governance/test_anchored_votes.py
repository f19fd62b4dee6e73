"""What the gate knows of anchors: how far the log lies outside, and whether the votes do."""

from pathlib import Path
from typing import Any

import pytest

from governance.dossier import gather_version
from governance.gates import codec
from governance.gates.spec import Dossier, LogFacts
from governance.models import Vote
from registry.ledger.models import LedgerEntry
from registry.services import anchors, checkpoints
from tests.cast import Cast
from tests.governance import staging


@pytest.fixture
def volume(tmp_path: Path, settings: Any) -> None:
    settings.ASSAY_LOG_ANCHORS = [f"file:{tmp_path}"]


def log_of() -> LogFacts:
    version = Vote.objects.latest("voted_at").request.model_version
    assert version is not None
    dossier = gather_version(version).dossier
    assert codec.read(Dossier, codec.canonical(dossier)) == dossier
    return dossier.log


def test_an_anchor_covers_the_votes_as_soon_as_it_is_taken(cast: Cast, printer: None, volume: None) -> None:
    staging.allowed(cast)
    log = log_of()
    newest = LedgerEntry.objects.filter(event="approval.voted").order_by("-index")[0]
    assert (log.anchor, log.voted) == (None, newest.index + 1)
    checkpoints.issue(cast.acme.pk)
    anchors.anchor(cast.acme.pk)
    anchor = log_of().anchor
    assert anchor is not None
    assert anchor.size >= log.voted
