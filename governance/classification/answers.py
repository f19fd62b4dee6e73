"""Answers: checked against the questionnaire, kept as one canonical text, and compared."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from governance.classification.questions import Answer, Question, questionnaire
from registry.errors import Invalid
from registry.ledger import chain

SCHEMA: Final = "assay.answers/1"
MAX_REASON: Final = 2000


@dataclass(frozen=True)
class Given:
    """One answer, with its reason where there is one."""

    answer: Answer
    reason: str = ""


Answers = Mapping[str, Given]


def checked(raw: Mapping[str, Any]) -> dict[str, Given]:
    """Answers as somebody sent them, or Invalid naming every mistake by its question.

    A question may be left out: it then counts as the worse answer. An answer that claims that a duty does not reach
    the system needs its reason.
    """
    known, errors = questionnaire().questions, []
    found: dict[str, Given] = {}
    for key, row in raw.items():
        if key not in known:
            errors.append((key, "There is no such question."))
            continue
        answer, reason = row.get("answer"), unicodedata.normalize("NFC", str(row.get("reason") or "").strip())
        if answer not in list(Answer):
            errors.append((key, f"Answer with one of: {', '.join(Answer)}."))
            continue
        found[key] = Given(Answer(answer), reason)
        if len(reason) > MAX_REASON:
            errors.append((key, f"A reason has at most {MAX_REASON} characters."))
        if "\x00" in reason:
            errors.append((key, "A reason holds no NUL character."))
    unsaid = [key for key in asked(found) if key in found and found[key].answer == known[key].claim]
    why = "Say why: this answer claims that a duty does not reach the system."
    errors += [(key, why) for key in unsaid if not found[key].reason]
    if errors:
        raise Invalid(
            f"{len(errors)} answers are to be corrected. {errors[0][0]}: {errors[0][1]}",
            code="classification.invalid",
            errors=errors,
        )
    return found


def asked(given: Answers) -> tuple[str, ...]:
    """The questions that matter after these answers, in order."""
    return tuple(one.id for one in questionnaire().questions.values() if _matters(one, given))


def _matters(question: Question, given: Answers) -> bool:
    if question.section == "annex_i" and question.id != "A1":
        return counts("A1", given) is Answer.YES
    if question.section == "exemption":
        return any(
            counts(one.id, given) is Answer.YES
            for one in questionnaire().questions.values()
            if one.section == "annex_iii"
        )
    return question.id != "GP2" or counts("GP1", given) is Answer.YES


def counts(identifier: str, given: Answers) -> Answer:
    """What an answer counts as: itself, or the worse one where there is none or it is “not sure”."""
    answer = given[identifier].answer if identifier in given else Answer.UNSURE
    return questionnaire().questions[identifier].worse if answer is Answer.UNSURE else answer


def text(given: Answers) -> str:
    """The canonical text of answers; its digest names them."""
    rows = {key: {"answer": str(one.answer), "reason": one.reason} for key, one in given.items()}
    return chain.canonical({"schema": SCHEMA, "answers": rows}).decode()


def read(stored: str) -> dict[str, Given]:
    """The answers in a canonical text. A question that is asked no more is left out."""
    rows = json.loads(stored)["answers"]
    known = questionnaire().questions
    return {key: Given(Answer(row["answer"]), row["reason"]) for key, row in rows.items() if key in known}


@dataclass(frozen=True)
class Change:
    """A question that was answered otherwise before."""

    id: str
    before: Given | None
    after: Given | None


def changes(before: Answers, after: Answers) -> tuple[Change, ...]:
    """What differs between two sets of answers, in the order of the questions."""
    return tuple(
        Change(key, before.get(key), after.get(key))
        for key in questionnaire().questions
        if before.get(key) != after.get(key)
    )
