"""One decision as a file that an auditor can check: what is in it, who may take it, the same bytes each time."""

import json
from pathlib import Path
from typing import Any

import pytest
from assay_client import dsse, keys
from django.core.management import CommandError, call_command
from django.utils import timezone

from governance.models import Decision, Report, Vote
from governance.services import bundled_files, bundles
from registry import blobs
from registry.errors import Conflict
from registry.ledger import chain
from registry.models import Document
from registry.services import checkpoints
from tests.calls import api
from tests.cast import Cast
from tests.governance import staging
from tests.governance.bundling import bundle, decided, opened, verdict_key
from tests.make import make_document

QUERIES = 18


def test_it_holds_everything_the_decision_names(cast: Cast, printer: None) -> None:
    version = staging.allowed(cast)
    decision = decided(cast, version)
    files = opened(bundles.of_decision(decision))
    assert files["dossier.json"] == decision.dossier.encode()
    assert files["outcome.json"] == decision.outcome.encode()
    assert files["policy.yaml"] == decision.policy_body.encode()
    votes = {name for name in files if name.startswith("votes/")}
    assert votes == {f"votes/{pk}.dsse.json" for pk in Vote.objects.values_list("pk", flat=True)}
    (report,) = Report.objects.all()
    assert chain.digest(files[f"reports/{report.pdf_digest[7:]}.pdf"]) == report.pdf_digest
    for document in Document.objects.filter(system=decision.system):
        assert chain.digest(files[f"documents/{document.digest[7:]}.json"]) == document.digest
    for run in json.loads(decision.dossier)["runs"]:
        assert chain.digest(files[f"evidence/{run['result_digest'][7:]}.json"]) == run["result_digest"]


def test_its_manifest_lists_every_file_and_is_what_is_signed(cast: Cast, printer: None) -> None:
    files = opened(bundle(cast, staging.allowed(cast)))
    manifest = json.loads(files["manifest.json"])
    listed = {one["path"]: (one["sha256"], one["size"]) for one in manifest["files"]}
    assert listed == {
        name: (chain.digest(data)[7:], len(data))
        for name, data in files.items()
        if name not in ("manifest.json", "decision.dsse.json")
    }
    envelope = json.loads(files["decision.dsse.json"])
    signed = json.loads(
        dsse.opened(envelope, "application/vnd.in-toto+json", keys.parse(verdict_key())).payload
    )
    assert signed["subject"][0]["digest"]["sha256"] == chain.digest(files["manifest.json"])[7:]
    assert signed["predicateType"] == "urn:assay:decision:v1"
    assert signed["predicate"]["verdict"] == "allow"


def test_what_is_not_in_it_is_named_with_the_reason(
    cast: Cast, printer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = staging.allowed(cast)
    monkeypatch.setattr(bundled_files, "MAX_FILE", 100)
    manifest = json.loads(opened(bundle(cast, version))["manifest.json"])
    absent = {one["what"]: one for one in manifest["not_in_the_bundle"]}
    assert absent["artifact"]["digest"] == version.artifact.digest
    assert absent["artifact"]["size"] == version.artifact.size
    assert "larger than" in absent["result"]["why"]


def test_a_bundle_has_no_more_evidence_than_the_limit(
    cast: Cast, printer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundled_files, "MAX_TOTAL", 300)
    files = opened(bundle(cast, staging.allowed(cast)))
    evidence = [
        data for name, data in files.items() if name.startswith(("evidence/", "reports/", "documents/"))
    ]
    assert 0 < sum(map(len, evidence)) <= 300
    assert b"of evidence already" in files["manifest.json"]


def test_bytes_that_are_gone_or_changed_are_left_out(cast: Cast, printer: None) -> None:
    version = staging.allowed(cast)
    (report,) = Report.objects.all()
    blobs.delete(cast.acme.pk, report.pdf_digest)
    Document.objects.filter(kind="model_card").update(title="Another title")
    manifest = json.loads(opened(bundle(cast, version))["manifest.json"])
    gone = {one["what"] for one in manifest["not_in_the_bundle"] if "not kept any more" in one["why"]}
    assert gone == {"validation report", "document"}


def test_the_same_moment_gives_the_same_bytes(
    cast: Cast, printer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision, now = decided(cast, staging.allowed(cast)), timezone.now()
    monkeypatch.setattr("governance.services.bundles.timezone.now", lambda: now)
    assert bundles.of_decision(decision) == bundles.of_decision(decision)


def test_a_decision_of_a_step_and_one_of_a_system_have_bundles_too(cast: Cast, printer: None) -> None:
    staging.at_compliance(cast)
    checkpoints.issue(cast.acme.pk)
    rows = Decision.objects.select_related("system").filter(environment="")
    assert {bool(row.model_version_id) for row in rows} == {True, False}
    for row in rows:
        assert opened(bundles.of_decision(row))["outcome.json"] == row.outcome.encode()


def test_it_waits_for_a_checkpoint_that_covers_it(cast: Cast, printer: None) -> None:
    staging.allowed(cast)
    checkpoints.issue(cast.acme.pk)
    with pytest.raises(Conflict) as refused:
        bundles.of_decision(_uncovered(cast))
    assert refused.value.code == "log.not_covered"


def _uncovered(cast: Cast) -> Decision:
    staging.at_validation(cast, Decision.objects.latest("decided_at").system, "2")
    return Decision.objects.select_related("system").latest("decided_at")


@pytest.mark.altered_decisions
def test_facts_that_were_altered_are_not_handed_on(cast: Cast, printer: None) -> None:
    decision = decided(cast, staging.allowed(cast))
    decision.dossier = decision.dossier.replace('"dev"', '"vera"') + " "
    with pytest.raises(Conflict, match="no longer have the digest"):
        bundles.of_decision(decision)


def test_it_is_fetched_through_the_api(cast: Cast, printer: None) -> None:
    decision = decided(cast, staging.allowed(cast))
    answer = api(cast, "aud").get(f"/api/v1/gate/decisions/{decision.pk}/bundle")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"
    assert str(decision.pk) in answer["Content-Disposition"]
    assert json.loads(opened(answer.content)["manifest.json"])["decision"] == str(decision.pk)
    assert api(cast, "oscar").get(f"/api/v1/gate/decisions/{decision.pk}/bundle").status_code == 404


def test_the_page_of_the_decision_offers_it(cast: Cast, printer: None, client: Any) -> None:
    decision = decided(cast, staging.allowed(cast))
    client.force_login(cast.aud)
    assert (
        f'href="/decisions/{decision.pk}/bundle"' in client.get(f"/decisions/{decision.pk}").content.decode()
    )
    assert "manifest.json" in opened(client.get(f"/decisions/{decision.pk}/bundle").content)


def test_a_command_writes_it(
    cast: Cast, printer: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decision = decided(cast, staging.allowed(cast))
    call_command("export_bundle", str(decision.pk), str(tmp_path / "one.assay-bundle"))
    assert "manifest.json" in opened((tmp_path / "one.assay-bundle").read_bytes())
    assert "one.assay-bundle: allow" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no such decision"):
        call_command("export_bundle", str(cast.acme.pk), str(tmp_path / "none"))


def test_more_votes_and_runs_take_no_more_queries(
    cast: Cast, printer: None, django_assert_num_queries: Any
) -> None:
    version = staging.allowed(cast)
    decision = decided(cast, version)
    bundles.of_decision(decision)  # the list of revocations is made once a minute
    with django_assert_num_queries(QUERIES):
        bundles.of_decision(decision)
    new_use = {"purpose": "Another purpose."}  # another question, so other votes
    make_document(cast, decision.system, "intended_use_statement", content=new_use)
    staging.approve(cast, version)
    again = decided(cast, version)
    bundles.of_decision(again)
    assert len(json.loads(again.dossier)["votes"]) > len(json.loads(decision.dossier)["votes"])
    with django_assert_num_queries(QUERIES):
        bundles.of_decision(again)
