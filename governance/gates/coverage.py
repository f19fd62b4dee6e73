"""Whether what an obligation asks for is there: a table from kinds of evidence to the facts that show them.

Whatever is not in the table is a document of that kind. That evidence is there does not say that it is good: whoever
votes judges that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from governance.gates import evidence, subject
from governance.gates.duties import ClassificationFacts, ObligationFacts, SignedFacts
from governance.gates.memory import once
from governance.gates.spec import Dossier, State
from registry.ledger import chain
from registry.stages import DOCUMENT_KINDS

MET, NOT_APPLICABLE, OPEN = "met", "not_applicable", "open"
LEVELS: Final = ("computed", "human", "presence")
CLASSIFY: Final = "Answer the risk questionnaire of the system."
AUDIT: Final = (
    "Run an audit of this version that measures performance, compares groups and explains the model."
)
RECORD: Final = "Register a new version with a complete training record."
APPROVE: Final = "Ask for approval, and have it given on this version as it is."


@dataclass(frozen=True)
class Shown:
    """How a kind of evidence is shown: in words, by which facts, and what brings it about."""

    words: str
    action: str
    shows: Callable[[Dossier], bool]
    link: str  # the part of the version's or system's page where it stands


def in_force(dossier: Dossier) -> ClassificationFacts | None:
    """The classification in force, if there is one."""
    return next((one for one in dossier.classifications if one.state == "in_force"), None)


def _measured(kind: str, words: str) -> Shown:
    def shows(dossier: Dossier) -> bool:
        runs = evidence.counted(dossier)
        return any(run.intact and kind in run.kinds and evidence.locked(dossier, run) for run in runs)

    return Shown(f"an audit run that measured {words}", AUDIT, shows, "evidence")


def _recorded(dossier: Dossier) -> bool:
    needed = {"code_commit", "environment_digest", "parameters"}
    return dossier.version is not None and needed <= set(dossier.version.recorded)


def _approved(dossier: Dossier) -> bool:
    digest = subject.subject_digest(dossier)
    return bool(digest) and any(
        vote.verdict == "approve" and vote.entitled and vote.subject_digest == digest
        for vote in dossier.votes
    )


def _written(kind: str) -> Shown:
    title = DOCUMENT_KINDS[kind]
    return Shown(
        f"the document “{title}”",
        f"Add the document “{title}”.",
        lambda dossier: any(document.kind == kind for document in dossier.documents),
        "documents",
    )


def _described(dossier: Dossier) -> bool:
    return _written("dataset_datasheet").shows(dossier) and bool(dossier.datasets)


EVIDENCE: Final[Mapping[str, Shown]] = {
    **{kind: _written(kind) for kind in DOCUMENT_KINDS},
    "risk_classification_record": Shown(
        "a classification in force", CLASSIFY, lambda dossier: in_force(dossier) is not None, "classification"
    ),
    "dataset_datasheet": Shown(
        "the document “Dataset datasheet” and a registered dataset version",
        "Add the document “Dataset datasheet”.",
        _described,
        "documents",
    ),
    "training_run_record": Shown(
        "a training record with commit, environment and parameters", RECORD, _recorded, "lineage"
    ),
    "data_lineage": Shown(
        "the dataset versions that the version was made from",
        "Register a new version that names the dataset versions it was made from.",
        lambda dossier: any(dataset.pinned for dataset in dossier.datasets),
        "lineage",
    ),
    "performance_evaluation": _measured("performance", "performance"),
    "bias_audit": _measured("bias", "differences between groups"),
    "explainability_report": _measured("explainability", "what the model goes by"),
    "approval_record": Shown("an approval of this version as it is", APPROVE, _approved, "approvals"),
    "validation_report": Shown(
        "a validation report",
        "Generate the validation report.",
        lambda dossier: any(r.kind == "validation_report" and r.state == "ready" for r in dossier.reports),
        "reports",
    ),
    "inventory_entry": Shown("the system's entry in the inventory", "", lambda dossier: True, ""),
    "change_log": Shown("the log", "", lambda dossier: dossier.log.size > 0, "log"),
}


@dataclass(frozen=True)
class Standing:
    """How an obligation stands: a sentence, the kinds of evidence that are missing, and what clears it."""

    state: State
    sentence: str
    missing: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()


@once
def shown(dossier: Dossier) -> frozenset[str]:
    """The kinds of evidence that the facts show."""
    return frozenset(kind for kind, how in EVIDENCE.items() if how.shows(dossier))


@once
def _words(dossier: Dossier) -> Mapping[str, SignedFacts]:
    return {word.obligation: word for word in dossier.signed}


def begun(dossier: Dossier, one: ObligationFacts) -> bool:
    """Whether its day has come; an unknown day has."""
    return one.applies_from is None or one.applies_from <= dossier.now


def basis(dossier: Dossier, one: ObligationFacts, state: str) -> str:
    """The digest of what somebody signs: the obligation's text, and for “met” the system's documents it asks for.

    Documents of a single version are not in it, because the word is about the system.
    """
    documents = [d for d in dossier.documents if d.kind in one.evidence and not d.of_version]
    told = sorted(f"{d.kind} {d.digest}" for d in documents) if state == MET else []
    return chain.digest_of({"obligation": one.id, "asks": one.digest, "state": state, "documents": told})


def authors(dossier: Dossier, one: ObligationFacts) -> frozenset[str]:
    """Who wrote the documents that are its evidence; they cannot sign that it is met."""
    return frozenset(document.author for document in dossier.documents if document.kind in one.evidence)


def standing(dossier: Dossier, one: ObligationFacts) -> Standing:
    """How an obligation stands: by what somebody signed, or by the evidence itself."""
    spoken = _spoken(dossier, one, _words(dossier).get(one.id))
    if spoken is not None and (spoken.state is State.MET or one.level == "human"):
        return spoken
    if one.level == "human":
        return Standing(State.OPEN, "Nobody has signed that it is met.", (), (_sign(one),))
    missing = tuple(kind for kind in one.evidence if kind not in shown(dossier))
    if not missing:
        return Standing(State.MET, f"Shown by {_listed(one.evidence)}.")
    said = f"{spoken.sentence} " if spoken else ""
    perhaps = " Where its condition does not hold, that can be signed." if one.conditional else ""
    actions = tuple(action for kind in missing if (action := EVIDENCE[kind].action))
    return Standing(State.OPEN, f"{said}Missing: {_listed(missing)}.{perhaps}", missing, actions)


def _spoken(dossier: Dossier, one: ObligationFacts, word: SignedFacts | None) -> Standing | None:
    """What a signed word is worth; None where there is none that says something."""
    if word is None or word.state not in (MET, NOT_APPLICABLE):
        return None
    again = (_sign(one),)
    if word.state == MET and one.level != "human":
        return Standing(State.OPEN, "That it is met is shown by evidence, not by a word.", (), again)
    if not word.entitled:
        return Standing(State.STALE, "Whoever signed it no longer holds the role.", (), again)
    if word.signer in authors(dossier, one):
        return Standing(State.OPEN, "It was signed by somebody who wrote its evidence.", (), again)
    if word.basis_digest != basis(dossier, one, word.state):
        return Standing(
            State.STALE, "What it asks for, or a document, changed since it was signed.", (), again
        )
    told = "does not apply here" if word.state == NOT_APPLICABLE else "is met"
    return Standing(State.MET, f"It was signed that it {told}.")


def _sign(one: ObligationFacts) -> str:
    return f"Somebody who did not write the evidence signs how {one.id} stands."


def _listed(kinds: tuple[str, ...]) -> str:
    return ", ".join(EVIDENCE[kind].words for kind in kinds)
