"""What is asked, in sections and in order. The words and references come from the framework file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, Final

from governance.frameworks import EU_AI_ACT
from governance.frameworks.catalogue import Broken, framework
from registry.ledger import chain

# Raised when the rules in `tier` change, so that what was answered under other rules is answered again.
RULES: Final = "assay.classification/1"


class Answer(StrEnum):
    """What can be answered."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


@dataclass(frozen=True)
class Question:
    """One question. `worse` is the answer that raises the tier or keeps duties; silence counts as it.

    `claim` is the answer by which somebody says that a duty does not reach the system: it needs a reason, and where it
    has an effect, another person's word. `leads_to` is what the framework makes of the raising answer.
    """

    id: str
    section: str
    ref: str
    sentence: str
    worse: Answer
    claim: Answer | None = None
    applies_from: date | None = None
    leads_to: str = ""


@dataclass(frozen=True)
class Section:
    """Questions under one heading."""

    id: str
    title: str
    help: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Questionnaire:
    """All sections, and the digest of everything a classification follows from beside the answers."""

    sections: tuple[Section, ...]
    digest: str
    version: str
    checked_on: date
    disclaimer: str

    @property
    def questions(self) -> Mapping[str, Question]:
        """Every question by its identifier."""
        return {one.id: one for section in self.sections for one in section.questions}


# section → heading, help
HEADINGS: Final[Mapping[str, tuple[str, str]]] = {
    "scope": (
        "Is it an AI system in the Union's scope?",
        "To say that the Act does not reach the system is a claim: give the reason, and another person confirms it.",
    ),
    "role": ("What are we to it?", "A role decides which duties are ours; several may be."),
    "prohibited": (
        "Is it a practice that is prohibited?",
        "One yes or one “not sure” stops the system: nothing of it moves on until it is cleared.",
    ),
    "annex_i": (
        "Is it a product, or a safety component of one?",
        "High risk when all three are so. Where the first is no, the other two need no answer.",
    ),
    "annex_iii": ("Is it used in an area of Annex III?", "Each yes makes the system high risk."),
    "exemption": (
        "Is it exempt although it is used in such an area?",
        "Answer these only where an area above applies. The exemption needs the first, one of the four conditions,"
        " no profiling, a reason for each, and another person's confirmation.",
    ),
    "transparency": ("Must people be told?", "A yes makes the system at least limited risk."),
    "gpai": ("Is it a general-purpose model?", "A yes makes the system at least limited risk."),
}
# Not a question of the file but a part of its rule: without it no condition exempts.
NO_SIGNIFICANT_RISK: Final = "EX-0"
PROFILING: Final = "EX-p"


@cache
def questionnaire() -> Questionnaire:
    """The questionnaire as the framework file has it today."""
    found = framework(EU_AI_ACT)
    data = found.data["classification"]
    if list(data["order"]) != list(HEADINGS):
        raise Broken(f"{EU_AI_ACT}: the sections of the questionnaire are not those that the rules know.")
    asked = [*_all(data)]
    sections = tuple(
        Section(name, title, help_, tuple(one for one in asked if one.section == name))
        for name, (title, help_) in HEADINGS.items()
    )
    return Questionnaire(
        sections=sections,
        digest=chain.digest_of({"rules": RULES, "classification": data}),
        version=found.version,
        checked_on=found.checked_on,
        disclaimer=found.disclaimer,
    )


def _all(data: Mapping[str, Any]) -> Iterator[Question]:
    yield from _scope(data["scope_questions"])
    for row in data["role_questions"]:
        yield _question(row, "role", leads_to=row["if_yes"])
    for row in data["prohibited_practices"]:
        yield _question(row, "prohibited", applies_from=date.fromisoformat(row["applies_from"]))
    for row in data["annex_i_route"]["conditions"]:
        yield _question(row, "annex_i")
    for row in data["annex_iii_areas"]:
        yield _question({**row, "question": f"{row['area']}: {_lower(row['question'])}"}, "annex_iii")
    yield from _exemption(data["annex_iii_exemption"])
    for section, key in (("transparency", "transparency_triggers"), ("gpai", "gpai_triggers")):
        for row in data[key]:
            yield _question(row, section)


def _scope(rows: list[Mapping[str, Any]]) -> Iterator[Question]:
    """In scope is the worse answer; which word that is depends on how the question is put."""
    for row in rows:
        out = Answer.NO if "if_no" in row else Answer.YES
        worse = Answer.YES if out is Answer.NO else Answer.NO
        yield _question(row, "scope", worse=worse, claim=out)


def _exemption(data: Mapping[str, Any]) -> Iterator[Question]:
    yield Question(
        id=NO_SIGNIFICANT_RISK,
        section="exemption",
        ref=data["ref"],
        sentence="Is there no significant risk of harm to health, safety or fundamental rights, and no material"
        " influence on the outcome of decisions?",
        worse=Answer.NO,
        claim=Answer.YES,
    )
    for row in data["conditions"]:
        claimed = {"ref": f"{data['ref']}, condition {row['id'].removeprefix('EX-')}", **row}
        yield _question(claimed, "exemption", worse=Answer.NO, claim=Answer.YES)
    override = data["profiling_override"]
    yield _question({"id": PROFILING, **override}, "exemption", leads_to=override["if_yes"])


def _question(
    row: Mapping[str, Any],
    section: str,
    *,
    worse: Answer = Answer.YES,
    claim: Answer | None = None,
    applies_from: date | None = None,
    leads_to: str = "",
) -> Question:
    return Question(row["id"], section, row["ref"], row["question"], worse, claim, applies_from, leads_to)


def _lower(text: str) -> str:
    """The first letter small, unless the word is an abbreviation."""
    return text if text[1:2].isupper() else text[0].lower() + text[1:]
