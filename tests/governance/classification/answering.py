"""Sets of answers to start from: everything answered, nothing found."""

from governance.classification.answers import Given
from governance.classification.questions import Answer, questionnaire

PROVIDER = {"RO1": "yes"}


def harmless(**changes: str) -> dict[str, Given]:
    """Every question answered so that nothing applies but the Act itself; `A3_5b="yes"` changes one."""
    found = {}
    for one in questionnaire().questions.values():
        quiet = Answer.NO if one.worse is Answer.YES else Answer.YES
        found[one.id] = Given(one.worse if one.section in ("scope", "exemption") else quiet)
    found["EX-p"] = Given(Answer.NO)
    for key, answer in {**PROVIDER, **changes}.items():
        identifier = key.replace("_", "-")
        reason = "Because it is so." if answer == questionnaire().questions[identifier].claim else ""
        found[identifier] = Given(Answer(answer), reason)
    return found


def sent(given: dict[str, Given]) -> dict[str, dict[str, str]]:
    """The same as it comes in."""
    return {key: {"answer": str(one.answer), "reason": one.reason} for key, one in given.items()}
