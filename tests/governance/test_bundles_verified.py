"""Bundles of the server's own decisions, judged by the client alone: what holds, and everything that must not."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from assay_client import dsse, keys
from assay_client.bundle import archive, contents, verified
from assay_client.bundle.archive import BadBundle
from assay_client.decide import decision as again
from assay_client.decide import facts, kinds
from assay_client.log import policy as log_policies
from assay_client.summary import VerdictPolicy
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.cache import cache
from django.db.models import Q

from governance import bundles as packing
from governance import verdicts
from governance.gates.spec import Finding, GateDecision, State, Verdict
from governance.models import Decision
from governance.services import asking, bundles, transitions
from registry.models import ModelVersion
from registry.services import checkpoints
from tests.cast import Cast
from tests.client.command import Command
from tests.governance import exceptional, staging
from tests.governance.bundling import bundle, decided, log_policy, opened, verdict_key


@dataclass(frozen=True)
class Auditor:
    """Somebody with a bundle, and what they were told beforehand."""

    data: bytes
    verdicts: VerdictPolicy
    log: log_policies.LogPolicy

    def judge(self, data: bytes | None = None) -> verified.Verified:
        return verified.verified(self.data if data is None else data, self.verdicts, self.log)

    def refuses(self, data: bytes, why: str | None = None) -> None:
        with pytest.raises(BadBundle, match=why):
            self.judge(data)


@pytest.fixture(autouse=True)
def no_list_of_another_test() -> None:
    """The signed list of revocations is kept for a minute, and each test has its own key."""
    cache.clear()


def auditor(cast: Cast, data: bytes) -> Auditor:
    return Auditor(data, VerdictPolicy(keys.parse(verdict_key())), log_policies.parse(log_policy(cast)))


@pytest.fixture
def aud(cast: Cast, printer: None) -> Auditor:
    """An auditor with the bundle of an allow."""
    return auditor(cast, bundle(cast, staging.allowed(cast)))


@pytest.fixture
def offline(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys, {})


def told(cast: Cast, tmp_path: Path, data: bytes) -> list[str]:
    """The arguments of `assay verify bundle`."""
    (tmp_path / "one.assay-bundle").write_bytes(data)
    (tmp_path / "log.json").write_bytes(log_policy(cast))
    file, pins = str(tmp_path / "one.assay-bundle"), str(tmp_path / "log.json")
    return ["verify", "bundle", file, "--key", verdict_key(), "--log-policy", pins]


def test_an_allow_holds(cast: Cast, printer: None, offline: Command, tmp_path: Path) -> None:
    version = staging.allowed(cast)
    ran = offline(*told(cast, tmp_path, bundle(cast, version)))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"● the bundle holds: allowed, {version.artifact.digest} to production\n")
    assert "re-derived: 8 of 8 requirements, 16 findings; taken from the signed statement: 0\n" in ran.out
    assert "with 8 facts and 3 votes\n" in ran.out
    assert "revoked: not by 2" in ran.out


def test_a_denial_holds_too_and_says_what_is_unmet(
    cast: Cast, printer: None, offline: Command, tmp_path: Path
) -> None:
    version = staging.at_compliance(cast)
    ran = offline(*told(cast, tmp_path, bundle(cast, version)), "--json")
    assert ran.code == 0
    assert ran.document["unmet"].split(", ") == [
        "report.validation_report",
        "approvals.validator",
        "approvals.compliance_officer",
        "approvals.approver",
    ]


def waived(cast: Cast) -> ModelVersion:
    """A version whose failed check is waived, and that everybody approved knowing that."""
    version = exceptional.failed(cast)
    exceptional.approve(cast, exceptional.ask(cast, version, exceptional.CHECK))
    return staging.allowed(cast, version)


def test_an_allow_with_a_waiver_holds(cast: Cast, printer: None, offline: Command, tmp_path: Path) -> None:
    ran = offline(*told(cast, tmp_path, bundle(cast, waived(cast))))
    assert ran.code == 0, ran.out
    assert "allowed with a waiver" in ran.out


def test_every_decision_on_the_way_holds(cast: Cast, printer: None) -> None:
    staging.allowed(cast)
    checkpoints.issue(cast.acme.pk)
    for row in Decision.objects.select_related("system"):
        assert auditor(cast, bundles.of_decision(row)).judge().signed.verdict == row.verdict


def test_machines_get_one_exit_code(cast: Cast, printer: None, offline: Command, tmp_path: Path) -> None:
    data = bundle(cast, staging.allowed(cast))
    told(cast, tmp_path, data)
    name = settings.ASSAY_PUBLIC_URL
    believed = {"verifiers": [{"id": name, "key": verdict_key()}], "threshold": 1}
    policy = {**believed, "levels": ["ASSAY_ALLOW"], "policies": None}
    (tmp_path / "policy.json").write_text(json.dumps(policy))
    files = ["--policy", str(tmp_path / "policy.json"), "--log-policy", str(tmp_path / "log.json")]
    file = tmp_path / "one.assay-bundle"
    ran = offline("verify-bundle", "--bundle", str(file), *files)
    assert (ran.code, ran.out) == (0, "allow\n")
    file.write_bytes(data[:-1])
    assert offline("verify-bundle", "--bundle", str(file), *files).code == 1
    assert offline("verify-bundle", "--bundle", str(tmp_path / "none"), *files).code == 2


def test_the_artifact_can_be_asked_for(cast: Cast, printer: None, offline: Command, tmp_path: Path) -> None:
    version = staging.allowed(cast)
    args = told(cast, tmp_path, bundle(cast, version))
    assert offline(*args, "--digest", version.artifact.digest).code == 0
    ran = offline(*args, "--digest", f"sha256:{'0' * 64}")
    assert ran.code == 1
    assert "another artifact" in ran.out


@pytest.mark.parametrize(
    "pins", [[], ["--key", "{key}"], ["--log-policy", "{log}"], ["--key", "{key}", "--policy", "{log}"]]
)
def test_nothing_is_believed_without_pins(offline: Command, tmp_path: Path, pins: list[str]) -> None:
    (tmp_path / "x").write_bytes(b"")
    filled = [pin.format(key=f"{'A' * 43}=", log=tmp_path / "x") for pin in pins]
    assert offline("verify", "bundle", str(tmp_path / "x"), *filled).code == 2


def test_a_byte_changed_in_any_file_is_noticed(aud: Auditor) -> None:
    for name, data in archive.files(aud.data).items():
        for place in {0, len(data) // 2, len(data) - 1}:
            changed = bytearray(data)
            changed[place] ^= 1
            at = aud.data.index(data)
            aud.refuses(aud.data[:at] + bytes(changed) + aud.data[at + len(data) :])
            assert name


def test_a_bit_changed_anywhere_is_noticed(aud: Auditor) -> None:
    for place in range(0, len(aud.data), 101):
        changed = bytearray(aud.data)
        changed[place] ^= 1 << place % 8
        aud.refuses(bytes(changed))


def repacked(aud: Auditor, signer: bool = False, **changes: Any) -> bytes:
    """The bundle with other files, every digest made again; signed again by the service itself where that is asked."""
    files = archive.files(aud.data)
    statement = json.loads(dsse.claimed(json.loads(files[contents.STATEMENT])))["predicate"]
    manifest = json.loads(files[contents.MANIFEST])
    for name, change in changes.items():
        path = name.replace("__", "/").replace("_DOT_", ".")
        new = change(files.get(path, b""))
        files.pop(path) if new is None else files.update({path: new})
    rest = {name: data for name, data in files.items() if name not in archive.FIRST}
    absent = [packing.Absent(**one) for one in manifest["not_in_the_bundle"]]
    listed = packing.manifest(manifest["decision"], rest, absent)
    digests = {
        "dossier_digest": "dossier.json",
        "outcome_digest": "outcome.json",
        "policy_digest": "policy.yaml",
    }
    renamed = {field: f"sha256:{hashlib.sha256(rest[path]).hexdigest()}" for field, path in digests.items()}
    key = verdicts.signing_key(settings.ASSAY_SIGNING_KEY_FILE) if signer else Ed25519PrivateKey.generate()
    signed = verdicts.envelope(
        packing.statement(listed, {**statement, **renamed}), [key], settings.ASSAY_PUBLIC_URL
    )
    return packing.packed(listed, json.dumps(signed).encode(), rest)


def worse(data: bytes) -> bytes:
    return data.replace(b'"verdict":"passed"', b'"verdict":"failed"', 1)


def test_the_bundle_packed_again_unchanged_holds(aud: Auditor) -> None:
    """The positive control of those below."""
    assert aud.judge(repacked(aud, signer=True)).signed.verdict == "allow"


def test_facts_changed_without_the_key_are_refused(aud: Auditor) -> None:
    aud.refuses(repacked(aud, dossier_DOT_json=worse), "statement is not signed as it must be")


def test_facts_changed_with_the_key_are_not_what_the_log_kept(aud: Auditor) -> None:
    aud.refuses(repacked(aud, signer=True, dossier_DOT_json=worse), "the log did not keep this decision")


def test_another_policy_is_refused(aud: Auditor) -> None:
    def easier(data: bytes) -> bytes:
        return data.replace(b"within_days: 180", b"within_days: 181", 1)

    aud.refuses(repacked(aud, policy_DOT_yaml=easier), "not signed")
    aud.refuses(repacked(aud, signer=True, policy_DOT_yaml=easier), "the log did not keep this decision")


def test_a_policy_that_the_auditor_does_not_know_is_refused(aud: Auditor) -> None:
    wary = replace(aud, verdicts=replace(aud.verdicts, policies=(f"sha256:{'0' * 64}",)))
    wary.refuses(aud.data, "by a policy that you do not know")


def test_it_takes_no_key_from_the_bundle(aud: Auditor) -> None:
    stranger = verdicts.verifier_key(Ed25519PrivateKey.generate(), settings.ASSAY_PUBLIC_URL)
    replace(aud, verdicts=VerdictPolicy(keys.parse(stranger))).refuses(aud.data, "no pinned key signed it")
    origin = aud.log.origin
    other = log_policies.for_key(verdicts.verifier_key(Ed25519PrivateKey.generate(), origin))
    replace(aud, log=other).refuses(aud.data, "checkpoint does not hold")
    replace(aud, log=replace(aud.log, origin=f"{origin}x")).refuses(aud.data, "of the log")


def lying(monkeypatch: pytest.MonkeyPatch, change: Callable[[GateDecision], GateDecision]) -> None:
    """A service that stores, logs and signs something else than follows from the facts."""
    honest = asking.made
    monkeypatch.setattr(asking, "made", lambda gathered: change(honest(gathered)))


def met(finding: Finding) -> Finding:
    return replace(finding, state=State.MET) if finding.blocks else finding


@pytest.mark.altered_decisions
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda said: replace(said, verdict=Verdict.ALLOW), "the verdict is deny, and allow was signed"),
        (
            lambda said: replace(
                said, verdict=Verdict.ALLOW, findings=tuple(map(met, said.findings)), unblock_plan=()
            ),
            "the verdict is deny, and allow was signed",
        ),
        (
            lambda said: replace(said, findings=tuple(map(met, said.findings))),
            "the findings are others than were signed: report",
        ),
        (lambda said: replace(said, waivers=("w",)), "another verdict or other waivers"),
        (lambda said: replace(said, subject_digest=f"sha256:{'0' * 64}"), "another subject"),
    ],
    ids=["verdict", "verdict and findings", "findings", "waivers", "subject"],
)
def test_a_service_that_lies_is_found_out(
    cast: Cast, printer: None, monkeypatch: pytest.MonkeyPatch, change: Any, says: str
) -> None:
    version = staging.at_compliance(cast)
    lying(monkeypatch, change)
    auditor(cast, bundle(cast, version)).refuses(bundle(cast, version), says)


@pytest.mark.altered_decisions
def test_votes_that_nobody_gave_are_found_out(
    cast: Cast, printer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts with a vote more than there were, stored, logged and signed by the service itself."""
    version = staging.at_compliance(cast)
    request = staging.ask(cast, version)
    staging.vote(cast, request, "vera")
    honest = asking.keep

    def keep(**told: Any) -> Decision:
        facts = told["gathered"].dossier
        forged = replace(facts.votes[0], voter=str(cast.adam.pk), role="approver")
        dossier = replace(facts, votes=(*facts.votes, forged))
        return honest(**{**told, "gathered": replace(told["gathered"], dossier=dossier)})

    monkeypatch.setattr(asking, "keep", keep)
    data = bundle(cast, version)
    auditor(cast, data).refuses(data, "votes in the facts are not those of the signed statements")


@pytest.mark.altered_decisions
def test_results_that_the_log_kept_otherwise_are_found_out(
    cast: Cast, printer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = staging.at_compliance(cast)
    honest = asking.keep

    def keep(**told: Any) -> Decision:
        facts = told["gathered"].dossier
        runs = tuple(replace(run, result_digest=f"sha256:{'0' * 64}") for run in facts.runs)
        gathered = replace(told["gathered"], dossier=replace(facts, runs=runs))
        return honest(**{**told, "gathered": gathered})

    monkeypatch.setattr(asking, "keep", keep)
    data = bundle(cast, version)
    auditor(cast, data).refuses(data, "the log did not keep run.finished")


@pytest.mark.altered_decisions
def test_a_decision_of_another_day_is_found_out(
    cast: Cast, printer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Evidence that has grown too old would be fresh on the day before."""
    version = staging.allowed(cast)
    honest = asking.keep

    def keep(**told: Any) -> Decision:
        facts = told["gathered"].dossier
        earlier = replace(facts, now=facts.now - timedelta(days=1))
        return honest(**{**told, "gathered": replace(told["gathered"], dossier=earlier)})

    monkeypatch.setattr(asking, "keep", keep)
    data = bundle(cast, version)
    auditor(cast, data).refuses(data, "at another time than it says")


def named(aud: Auditor, start: str) -> str:
    return next(name for name in archive.files(aud.data) if name.startswith(start))


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ("votes/", "not those of the signed statements"),
        ("evidence/", "lacks evidence that the facts name"),
        ("documents/", "lacks evidence that the facts name"),
        ("reports/", "lacks evidence that the facts name"),
        ("log/entries/", "proof are missing"),
        ("log/checkpoint", "it lacks log/checkpoint.note"),
        ("revocations", "it lacks revocations.dsse.json"),
        ("policy", ""),
    ],
)
def test_what_is_left_out_is_missed(aud: Auditor, start: str, says: str) -> None:
    """Also when the service itself signed the bundle again."""
    name = named(aud, start).replace("/", "__").replace(".", "_DOT_")
    if start == "policy":
        aud.refuses(aud.data.replace(b"policy.yaml", b"policy.yamx"))
        return
    aud.refuses(repacked(aud, signer=True, **{name: lambda data: None}), says)


def test_the_proof_of_another_entry_is_refused(aud: Auditor) -> None:
    files = archive.files(aud.data)
    first, second, *_ = sorted(name for name in files if name.endswith(".tlog-proof"))
    change = {first.replace("/", "__").replace(".", "_DOT_"): lambda data: files[second]}
    aud.refuses(repacked(aud, signer=True, **change), "not what the log kept there")


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as packed:
        for name, data in files.items():
            packed.writestr(zipfile.ZipInfo(name), data, method)
    return made.getvalue()


@pytest.mark.parametrize(
    "name", ["../x.json", "/etc/x", "a//b", "A.json", ".hidden", "a/../b", "evil.exe", "a\\b"]
)
def test_a_name_that_is_none_is_refused(aud: Auditor, name: str) -> None:
    files = opened(aud.data)
    rest = {path: data for path, data in files.items() if path not in archive.FIRST}
    listed, statement = files[contents.MANIFEST], files[contents.STATEMENT]
    aud.refuses(packing.packed(listed, statement, {**rest, name: b"x"}))


def test_what_is_compressed_is_refused_before_it_is_opened(aud: Auditor) -> None:
    bomb = zipped({"manifest.json": b"0" * 10_000_000}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 20_000
    aud.refuses(bomb, "compressed")


def test_what_is_packed_in_any_other_way_is_refused(aud: Auditor) -> None:
    files = opened(aud.data)
    aud.refuses(zipped(dict(reversed(files.items()))), "not packed as a bundle is")
    aud.refuses(aud.data + b"\0", "not packed as a bundle is")
    aud.refuses(b"", "no bundle")
    aud.refuses(aud.data[:100], "ends too early")
    twice = aud.data[: aud.data.index(b"PK\x01\x02")]
    aud.refuses(twice + twice, "twice")


def test_it_is_packed_as_the_server_packs_it(aud: Auditor) -> None:
    assert archive.packed(opened(aud.data)) == aud.data


def test_a_demand_of_a_kind_that_is_not_known_is_never_accepted(
    cast: Cast, printer: None, offline: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    args = told(cast, tmp_path, bundle(cast, staging.allowed(cast)))
    older = {name: kind for name, kind in kinds.PARAMS.items() if name != "checks"}
    with monkeypatch.context() as patched:
        patched.setattr(again, "PARAMS", older)
        ran = offline(*args)
    assert ran.code == 3
    assert "demands 'checks', a kind that is not known here" in ran.out


def test_a_fact_of_a_kind_that_is_not_known_is_never_accepted(
    cast: Cast, printer: None, offline: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    args = told(cast, tmp_path, bundle(cast, staging.allowed(cast)))
    fields = facts._FIELDS
    with monkeypatch.context() as patched:
        older = {name: of for name, of in fields["plan"].items() if name != "seed"}
        patched.setitem(fields, "plan", older)
        ran = offline(*args)
    assert ran.code == 3
    assert "has the field 'seed', which is not known here" in ran.out


def test_it_says_when_a_verdict_was_taken_back(
    cast: Cast, printer: None, offline: Command, tmp_path: Path
) -> None:
    version = staging.allowed(cast)
    decision = decided(cast, version)
    ModelVersion.objects.filter(Q(pk=version.pk)).update(stage="production")
    version.refresh_from_db()
    transitions.request(actor=cast.actor("vera"), version=version, to="suspended", reason="Complaints.")
    checkpoints.issue(cast.acme.pk)
    ran = offline(*told(cast, tmp_path, bundles.of_decision(decision)))
    assert ran.code == 0
    assert "UTC: The version was suspended." in ran.out
