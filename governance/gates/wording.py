"""A policy in plain words: what each step asks for, for people who do not read YAML.

A kind of demand without a row in `HEADS`, and a word without one in `PHRASES`, is told by its name and its value; so
nothing that a policy asks for is left out.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from governance import lifecycle
from governance.gates.dates import Reminding, Reviewing
from governance.gates.emergency import BreakGlassRules
from governance.gates.lineage import ROLES_IN_LINEAGE
from governance.gates.policy import TOP_LEVEL
from governance.gates.strictness_rules import PARTS, RULES, SAME, Rule
from governance.gates.waiving import WaiverRules, roles_words
from registry.stages import DOCUMENT_KINDS, SystemStage, VersionStage

HEADS: Final[dict[str, str]] = {
    "documents": "Documents: {kinds}",
    "training_record": "The training record says: {fields}",
    "datasets": "Dataset versions are registered, {at_least} or more",
    "data_quality": "The data that counts passed its quality checks",
    "schema_locked": "The columns of the data are locked",
    "features_documented": "Every feature is documented",
    "proxy_review": "Features with a proxy risk above {above} are reviewed",
    "evidence": "Evidence: {kind}",
    "checks": "Every blocking check of every plan that counts has passed",
    "champion": "The comparison with the version in production is made and acknowledged",
    "issues": "No open finding or incident from severity {below} on",
    "report": "A current report: {kind}",
    "classification": "The risk classification holds",
    "framework": "The obligations of {id} are covered",
    "approvals": "Approved by {of}",
    "review": "The periodic review is not overdue",
    "ledger": "The log holds",
    "conditions": "No {none} condition of an approval",
}
PHRASES: Final[dict[str, str]] = {
    "within_days": "no older than {} days",
    "level": "at level {} or better",
    "exclude": "by nobody who {}",
    "names": "among them {}",
    "bars": "the plan holds {}",
    "complete": "complete: {}",
    "attempts": "after no more than {} attempts",
    "request_days": "on a request no older than {} days",
    "verified_within_hours": "verified within {} hours",
    "anchored_within_hours": "anchored within {} hours",
    "anchor_covers_approvals": "an anchor outside covers the approvals",
}


def _review(said: Reviewing) -> str:
    return f"Every {said.every_days} days in production; people are told {said.warn_days} days before."


def _reminders(said: Reminding) -> str:
    return (
        f"People are told after {said.after_days} days of waiting, again every {said.every_days} days, and those above"
        f" them after {said.escalate_after_days} days."
    )


def _waivers(said: WaiverRules) -> str:
    of = [f"all {code[:-1]}" if code.endswith(".") else code.replace(".", ": ") for code in said.allowed]
    first, *renewals = map(roles_words, said.approvers)
    again = f"; renewed by {', then by '.join(renewals)}" if renewals else "; never renewed"
    return (
        f"Of {_spaced(', '.join(of))}. Approved by {first}{again}. At most {said.max_days} days each, and"
        f" {said.budget_days} days a year for each model."
    )


def _break_glass(said: BreakGlassRules) -> str:
    return f"For at most {said.max_hours} hours; to be reviewed within {said.review_days} days."


SENTENCES: Final[dict[str, Callable[[Any], str]]] = {
    "review": _review,
    "reminders": _reminders,
    "waivers": _waivers,
    "break_glass": _break_glass,
}
_UNSAID: Final = {("checks", "all")}


@dataclass(frozen=True)
class Step:
    """One step, the environments it guards, and what it asks for."""

    name: str
    of_system: bool
    environments: tuple[str, ...]
    demands: tuple[str, ...]


def steps(data: Mapping[str, Any]) -> tuple[Step, ...]:
    """Every step of a policy's data with its demands as sentences."""
    return tuple(_step(row) for row in data.get("transitions", ()))


def parts(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a policy says beside its steps: the name of the part, and its words."""
    for name, part in TOP_LEVEL.items():
        if name in data:
            said = SENTENCES[name](part.read(data[name])) if name in SENTENCES else None
            yield _spaced(name).capitalize(), said or _spaced(PARTS.get(name, SAME).words(data[name]))


def _step(row: Mapping[str, Any]) -> Step:
    of_system = row.get("subject") == lifecycle.SYSTEM
    stages = SystemStage if of_system else VersionStage
    return Step(
        name=f"{stages(row['from']).label} → {stages(row['to']).label}",
        of_system=of_system,
        environments=tuple(row.get("environments", ())),
        demands=tuple(
            told(kind, params) for demand in row["requirements"] for kind, params in demand.items()
        ),
    )


def told(kind: str, params: Mapping[str, Any]) -> str:
    """One demand as a sentence."""
    rule = RULES.get(kind, Rule())
    words = {name: _words(rule, name, value) for name, value in params.items()}
    head = HEADS.get(kind, _spaced(kind).capitalize())
    rest = [
        PHRASES[name].format(said) if name in PHRASES else f"{_spaced(name)}: {said}"
        for name, said in words.items()
        if f"{{{name}}}" not in head and (kind, name) not in _UNSAID
    ]
    return f"{', '.join([head.format(**words), *rest])}."


def _words(rule: Rule, name: str, value: Any) -> str:
    if name == "kinds":
        return ", ".join(DOCUMENT_KINDS.get(kind, _spaced(kind)).lower() for kind in value)
    if name == "exclude":
        return " or ".join(ROLES_IN_LINEAGE[one][0] for one in value)
    return _spaced(rule.params.get(name, SAME).words(value))


def _spaced(text: str) -> str:
    return text.replace("_", " ")
