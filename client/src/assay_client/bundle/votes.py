"""The votes: each of the facts has a statement of the service and an entry of the log that say the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay_client import times
from assay_client.bundle import contents
from assay_client.bundle.archive import BadBundle
from assay_client.bundle.logged import Kept
from assay_client.decide.facts import Fact
from assay_client.summary import VerdictPolicy

PREDICATE_TYPE = "urn:assay:vote:v1"
FOLDER = "votes/"
Key = tuple[Any, ...]


def bound(files: Mapping[str, bytes], kept: Kept, dossier: Fact, verifier: str, policy: VerdictPolicy) -> int:
    """How many votes there are: those of the facts and those of the statements are the same ones."""
    told = {}
    for name in files:
        if name.startswith(FOLDER):
            number = name[len(FOLDER) :].partition(".")[0]
            key, withdrawn = _statement(files[name], number, kept, verifier, policy)
            told[key] = withdrawn
    facts = {_key_of(vote): vote for vote in dossier.votes}
    if len(facts) != len(dossier.votes) or set(facts) != set(told):
        raise BadBundle("the votes in the facts are not those of the signed statements")
    for key, vote in facts.items():
        taken_back = told[key] is not None and told[key] <= dossier.now
        if bool(vote.withdrawn) != taken_back:
            raise BadBundle("a vote was taken back, and the facts say otherwise")
    return len(facts)


def _key_of(vote: Fact) -> Key:
    about = (vote.request, vote.to_stage, vote.voter, vote.principal, vote.role, vote.verdict)
    return (*about, vote.subject_digest, vote.voted_at)


def _statement(data: bytes, number: str, kept: Kept, verifier: str, policy: VerdictPolicy) -> tuple[Key, Any]:
    document, _ = contents.opened(data, "statement of a vote", policy)
    told = document["predicate"]
    if document.get("predicateType") != PREDICATE_TYPE or told["verifier"]["id"] != verifier:
        raise BadBundle("a statement of a vote is none, or of another verifier")
    subject = f"sha256:{contents.about(document)}"
    log = told.get("log")
    index = log.get("index") if isinstance(log, dict) else None
    found = kept.get(index) if isinstance(index, int) else None
    same = {
        "vote_id": number,
        "request_id": told.get("request"),
        "role": told.get("role"),
        "verdict": told.get("verdict"),
        "subject_digest": subject,
    }
    entry = found.document if found is not None else {}
    data_ = entry.get("data")
    says = isinstance(data_, dict) and all(data_.get(name) == value for name, value in same.items())
    if told.get("vote") != number or entry.get("event") != "approval.voted" or not says:
        raise BadBundle("the log did not keep a vote, or kept it otherwise than its statement says")
    actor = entry["actor"]
    if not isinstance(actor, dict) or actor.get("id") != told.get("voter"):
        raise BadBundle("the log says that somebody else gave a vote")
    back = told.get("withdrawn_at")
    withdrawn = None if back is None else times.parse(back)
    if back is not None and withdrawn is None:
        raise BadBundle("a statement of a vote does not say when it was taken back")
    who = (told.get("request"), told.get("step_to"), told.get("voter"), told.get("on_behalf_of") or "")
    key = (*who, told.get("role"), told.get("verdict"), subject, times.parse(told.get("voted_at")))
    if not all(isinstance(one, str) for one in key[:-1]):
        raise BadBundle("a statement of a vote holds a field that is no text")
    return key, withdrawn
