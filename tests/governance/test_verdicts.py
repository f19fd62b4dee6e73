"""Signed verdicts: what the client believes, and the key behind it."""

import base64
import json
import secrets
import stat
from pathlib import Path
from typing import Any

import pytest
from assay_client import dsse, keys, times, verdict
from assay_client.outcomes import Unusable

from governance import verdicts
from governance.models import Decision
from governance.services import answers, decisions
from registry import key_files
from registry.errors import Unavailable
from registry.models import ModelVersion
from tests.cast import Cast
from tests.governance import staging
from tests.make import make_system, make_version


def answered(cast: Cast, version: ModelVersion) -> tuple[dict[str, Any], verdict.Question]:
    question = verdict.Question(version.artifact.digest, "production", secrets.token_hex(8))
    answer = decisions.ask(
        actor=cast.actor("ci"), artifact_digest=question.digest, environment=question.environment
    )
    return json.loads(json.dumps(answers.document(answer, question.nonce))), question


def believed(document: dict[str, Any], question: verdict.Question) -> verdict.Answer:
    return verdict.believe(document, question, keys.parse(answers.public_key()["key"]), times.now())


def test_the_client_believes_an_allow_and_exits_with_0(cast: Cast, printer: None) -> None:
    answer = believed(*answered(cast, staging.allowed(cast)))
    assert answer.verified
    assert answer.exit_code(strict=True) == 0


def test_the_client_believes_a_stored_allow_too(cast: Cast, printer: None) -> None:
    version = staging.allowed(cast)
    first, _ = answered(cast, version)
    document, question = answered(cast, version)
    assert document["decision_id"] == first["decision_id"]
    assert document["decided_at"] > document["first_decided_at"] == first["first_decided_at"]
    assert believed(document, question).verified


def test_the_client_believes_a_denial_and_exits_with_1(cast: Cast) -> None:
    answer = believed(*answered(cast, staging.at_compliance(cast)))
    assert answer.verified
    assert answer.exit_code(strict=False) == 1


def test_a_denial_without_a_policy_is_not_signed(cast: Cast) -> None:
    document, question = answered(cast, make_version(cast, make_system(cast)))
    assert document["attestation"] is None
    assert believed(document, question).exit_code(strict=False) == 1


@pytest.mark.parametrize(
    "field", ["verdict", "expires_at", "decision_id", "nonce", "environment", "artifact_digest"]
)
def test_a_signature_for_other_facts_is_not_believed(cast: Cast, printer: None, field: str) -> None:
    document, question = answered(cast, staging.allowed(cast))
    other, _ = answered(cast, staging.at_validation(cast, ModelVersion.objects.get().model.system, "2"))
    with pytest.raises(Unusable):
        believed({**other, field: document[field], "attestation": document["attestation"]}, question)


def test_the_statement_is_the_documented_one(cast: Cast, printer: None) -> None:
    document, question = answered(cast, staging.allowed(cast))
    statement = json.loads(base64.b64decode(document["attestation"]["payload"]))
    predicate = statement["predicate"]
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/verification_summary/v1"
    assert statement["subject"] == [{"digest": {"sha256": question.digest.removeprefix("sha256:")}}]
    assert predicate["verificationResult"] == "PASSED"
    assert predicate["verifiedLevels"] == ["ASSAY_ALLOW"]
    assert predicate["timeVerified"] == document["decided_at"]
    assert predicate["urn:assay:verdict:v1:subject"] == document["subject_digest"]


def test_it_names_the_facts_it_was_decided_from_by_their_digest(cast: Cast, printer: None) -> None:
    version = staging.allowed(cast)
    for _ in ("afresh", "stored"):
        document, _ = answered(cast, version)
        statement = json.loads(base64.b64decode(document["attestation"]["payload"]))
        (facts,) = statement["predicate"]["inputAttestations"]
        decision = Decision.objects.get(pk=document["decision_id"])
        assert f"sha256:{facts['digest']['sha256']}" == decision.dossier_digest
        assert facts["uri"].endswith(f"/api/v1/gate/decisions/{decision.pk}")


def test_every_further_key_signs_too(cast: Cast, tmp_path: Path, settings: Any) -> None:
    """So a door may pin the next key before it is the only one, and a careful one asks for two."""
    second = tmp_path / "second.pem"
    verdicts.signing_key(second)
    settings.ASSAY_FURTHER_SIGNING_KEY_FILES = [str(second)]
    document, question = answered(cast, staging.at_compliance(cast))
    told = answers.public_key()
    own, further = (keys.parse(text) for text in (told["key"], *told["further_keys"]))
    for pinned in (own, further):
        assert verdict.believe(document, question, pinned, times.now()).verified
    envelope, both = document["attestation"], (*own, *further)
    assert dsse.opened(envelope, verdicts.PAYLOAD_TYPE, both, threshold=2).signers == both
    del envelope["signatures"][0]
    with pytest.raises(dsse.BadEnvelope, match="no pinned key"):
        dsse.opened(envelope, verdicts.PAYLOAD_TYPE, both, threshold=2)


def test_where_a_further_key_is_missing_nothing_is_signed(cast: Cast, tmp_path: Path, settings: Any) -> None:
    settings.ASSAY_FURTHER_SIGNING_KEY_FILES = [str(tmp_path / "gone.pem")]
    with pytest.raises(Unavailable, match=r"gone\.pem is not there"):
        answered(cast, staging.at_compliance(cast))
    assert not (tmp_path / "gone.pem").exists()


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "verdict.pem"
    first = verdicts.signing_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert verdicts.public_bytes(verdicts.signing_key(path)) == verdicts.public_bytes(first)
    assert [p.name for p in path.parent.iterdir()] == ["verdict.pem"]


def test_two_processes_make_one_key(tmp_path: Path) -> None:
    path = tmp_path / "verdict.pem"
    key_files._make(path)
    first = path.read_bytes()
    key_files._make(path)  # the other process, a moment later
    assert path.read_bytes() == first
    assert [p.name for p in tmp_path.iterdir()] == ["verdict.pem"]


def test_a_key_that_others_can_read_signs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "verdict.pem"
    verdicts.signing_key(path)
    path.chmod(0o640)
    with pytest.raises(Unavailable, match="read by others"):
        verdicts.signing_key(path)


def test_something_else_than_a_key_signs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "verdict.pem"
    path.write_text("not a key")
    path.chmod(0o600)
    with pytest.raises(Unavailable, match="cannot be read"):
        verdicts.signing_key(path)


def test_a_new_key_in_the_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "verdict.pem"
    first = verdicts.public_bytes(verdicts.signing_key(path))
    path.unlink()
    assert verdicts.public_bytes(verdicts.signing_key(path)) != first
