"""A bundle as a whole: digests, signatures, the log, the votes, the evidence; and then the decision made again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assay_client import revocations, strict_json
from assay_client.bundle import archive, contents, logged, votes
from assay_client.bundle.archive import BadBundle
from assay_client.bundle.contents import Listed, Signed
from assay_client.decide import decision
from assay_client.decide.canonical import digest
from assay_client.decide.decision import Derived
from assay_client.decide.errors import BadFacts
from assay_client.decide.facts import Fact
from assay_client.log.entries import log_of
from assay_client.log.policy import LogPolicy, Proven
from assay_client.revocations import Revocation
from assay_client.summary import VerdictPolicy

FOLDERS = ("evidence/", "documents/", "reports/")


@dataclass(frozen=True)
class Verified:
    """A bundle that holds."""

    signed: Signed
    derived: Derived
    proven: Proven
    votes: int
    kept: int  # facts that the log kept as they are
    evidence: int  # files of it
    absent: int  # what the facts name and the bundle does not hold
    revoked: Revocation | None


def verified(data: bytes, verdicts: VerdictPolicy, log: LogPolicy) -> Verified:
    """What was decided, if all of it holds and follows again from the facts and the policy.

    BadBundle where something does not hold; NotSupported where this version does not know all that was decided on.
    """
    try:
        files = archive.files(data)
        manifest = contents.listed(files)
        signed = contents.signed(files, manifest, verdicts)
        proven, kept = logged.proven(files, log)
        logged.decided(kept, signed)
        dossier = decision.read(files["dossier.json"])
        _same_facts(dossier, signed, log)
        count = logged.facts_kept(kept, dossier)
        voted = votes.bound(files, kept, dossier, signed.verifier, verdicts)
        evidence = _evidence(files, manifest, dossier)
        derived = decision.judged(dossier, files.get("policy.yaml"))
        _same_verdict(derived, signed, contents.parsed(files["outcome.json"], "outcome"))
        revoked = _revoked(files["revocations.dsse.json"], signed, verdicts)
    except (BadFacts, OverflowError) as error:
        raise BadBundle(f"its facts do not hold: {error}") from None
    return Verified(signed, derived, proven, voted, count, evidence, len(manifest.absent), revoked)


def _same_facts(dossier: Fact, signed: Signed, log: LogPolicy) -> None:
    """The facts are about what the statement is about."""
    version, policy = dossier.version, dossier.policy
    told = {
        "environment": dossier.environment,
        "artifact_digest": version.artifact_digest if version else "",
        "policy_digest": policy.digest if policy else "",
    }
    if dossier.now != signed.decided or any(signed.texts[name] != value for name, value in told.items()):
        raise BadBundle("its facts are about something else than its statement")
    if log_of(dossier.log.origin) != log_of(log.origin):
        raise BadBundle("its facts were read beside another log")


def _evidence(files: Mapping[str, bytes], manifest: Listed, dossier: Fact) -> int:
    """How many pieces of evidence are there: each is one the facts name, and none they name is missing unsaid."""
    named = set(_named(dossier))
    found = set()
    for name in files:
        if name.startswith(FOLDERS):
            found.add(digest(files[name]))
            if name.partition("/")[2].partition(".")[0] != digest(files[name])[len("sha256:") :]:
                raise BadBundle(f"{name} does not have the digest in its name")
    if not found <= named:
        raise BadBundle("it holds evidence that the facts do not name")
    if not named <= found | manifest.absent:
        raise BadBundle("it lacks evidence that the facts name, and does not say so")
    return len(found)


def _named(dossier: Fact) -> Iterator[str]:
    for run in (*dossier.runs, *dossier.quality):
        if run.result_digest:
            yield run.result_digest
    for one in (*dossier.documents, *dossier.datasets):
        yield one.digest
    for one in dossier.reports:
        if one.pdf_digest:
            yield one.pdf_digest
    if dossier.version is not None:
        yield dossier.version.artifact_digest


def _same_verdict(derived: Derived, signed: Signed, outcome: Mapping[str, Any]) -> None:
    """The decision made again is the one that was signed, line for line."""
    if derived.verdict != signed.verdict:
        raise BadBundle(
            f"by its facts and policy the verdict is {derived.verdict}, and {signed.verdict} was signed"
        )
    texts = {"subject_digest": derived.subject_digest, "transition": derived.transition}
    if any(signed.texts[name] != value or outcome.get(name) != value for name, value in texts.items()):
        raise BadBundle("by its facts it is about another subject than was signed")
    findings = outcome.get("findings")
    rows = findings if isinstance(findings, list) else []
    said = [(one.get("code"), one.get("state")) for one in rows if isinstance(one, dict)]
    mine = [(line.code, line.state) for line in derived.lines]
    if said != mine:
        other = [one for one in mine if one not in said] + [one for one in said if one not in mine]
        first = f": {other[0][0]}" if other else ""
        raise BadBundle(f"by its facts and policy the findings are others than were signed{first}")
    if outcome.get("verdict") != signed.verdict or outcome.get("waivers") != list(derived.waivers):
        raise BadBundle("its outcome holds another verdict or other waivers than follow from the facts")


def _revoked(data: bytes, signed: Signed, policy: VerdictPolicy) -> Revocation | None:
    """Whether the verdict was taken back by the moment at which the bundle was made."""
    try:
        found = revocations.read(data, signed.verifier, policy.verifiers, signed.bundled, policy.threshold)
    except (revocations.BadList, strict_json.NotJson) as error:
        raise BadBundle(f"its list of revocations cannot be believed: {error}") from None
    return found.get(signed.texts["decision"])
