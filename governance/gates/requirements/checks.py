"""The demand that what was planned to be checked has passed, and that enough was planned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Final, Self

from governance.gates import evidence, locks
from governance.gates.deviations import DEFAULT_SEATS, Seats
from governance.gates.memory import once
from governance.gates.requirements.approvals import VOTING_ROLES
from governance.gates.requirements.base import Place, Requirement, schema
from governance.gates.requirements.measured import AUDIT
from governance.gates.spec import CheckFacts, Dossier, Finding, PlanFacts, RunFacts, State
from registry.stages import Role

_STATES: Final = {"passed": State.MET, "insufficient": State.INSUFFICIENT}
_CLEARS: Final = {
    "failed": "Correct the model or its data and register a new version that passes this check.",
    "insufficient": "Audit this version on a dataset version with more rows where this check has too few.",
    "errored": "Correct what could not be measured, then run the audit again.",
}
_SIDES: Final = {"at_least": (">=", ">"), "at_most": ("<=", "<")}
_NUMBER = {"type": ["string", "integer"], "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
_BAR = {
    "type": "object",
    "properties": {"metric": {"type": "string"}, "at_least": _NUMBER, "at_most": _NUMBER},
    "required": ["metric"],
    "minProperties": 2,
    "maxProperties": 2,
    "additionalProperties": False,
}

_SEATS = {
    "type": "array",
    "minItems": 1,
    "maxItems": len(VOTING_ROLES),
    "items": schema(
        {"role": {"enum": list(VOTING_ROLES)}, "count": {"type": "integer", "minimum": 1, "maximum": 20}},
        "role",
    ),
}


@dataclass(frozen=True)
class Bar:
    """A check that a plan must hold: this metric, with a bar at least as strict."""

    metric: str
    side: str
    value: Decimal

    @property
    def words(self) -> str:
        """The bar as a part of a sentence."""
        return f"{self.metric} is {self.side.replace('_', ' ')} {self.value}"

    def held_by(self, check: CheckFacts) -> bool:
        """Whether a check is about this metric and no laxer."""
        if check.metric != self.metric or check.comparison not in _SIDES[self.side]:
            return False
        threshold = Decimal(check.threshold)
        return threshold >= self.value if self.side == "at_least" else threshold <= self.value


@dataclass(frozen=True)
class ChecksPassed(Requirement):
    """Every blocking check of every plan that counts has passed; and the plans hold the checks asked for.

    Each entry of `bars` is a list of which one will do, because the metrics of one task do not exist in another.
    `attempts` is the budget of one test set, over all versions; `unseen` asks for data the model was not made from;
    `deviations` are the people who accept a plan that loosens an earlier one.
    """

    names: tuple[str, ...] = ()
    bars: tuple[tuple[Bar, ...], ...] = ()
    attempts: int | None = None
    unseen: bool = False
    deviations: Seats = DEFAULT_SEATS

    name: ClassVar[str] = "checks"
    params: ClassVar[Mapping[str, Any]] = schema(
        {
            "all": {"const": True},
            "names": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
            "bars": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "array", "minItems": 1, "items": _BAR},
            },
            "attempts": {"type": "integer", "minimum": 1, "maximum": 10_000},
            "unseen": {"const": True},
            "deviations": schema({"of": _SEATS}, "of"),
        },
        "all",
    )
    place: ClassVar[Place] = Place.EVIDENCE

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The demand with what a policy wrote."""
        bars = tuple(tuple(_bar(one) for one in choice) for choice in params.get("bars", ()))
        seats: dict[str, int] = {}
        for seat in params.get("deviations", {}).get("of", ()):
            seats[seat["role"]] = seats.get(seat["role"], 0) + seat.get("count", 1)
        return cls(
            tuple(params.get("names", ())),
            bars,
            params.get("attempts"),
            params.get("unseen", False),
            tuple(seats.items()) or DEFAULT_SEATS,
        )

    def findings(self, dossier: Dossier) -> tuple[Finding, ...]:
        """A line for each check, for each plan without a result, and for each check that no plan holds."""
        found, checks = _of_plans(dossier)
        return (
            *found,
            *self._absent(checks),
            *locks.of_attempts(dossier, self.attempts),
            *locks.of_training_data(dossier, self.unseen),
            *locks.of_deviations(dossier, self.deviations),
        )

    def _absent(self, checks: Sequence[CheckFacts]) -> list[Finding]:
        missing = [
            (name, f"a check named “{name}”")
            for name in self.names
            if not any(c.name == name for c in checks)
        ]
        missing += [
            (choice[0].metric, f"a check that {' or '.join(bar.words for bar in choice)}")
            for choice in self.bars
            if not any(bar.held_by(check) for bar in choice for check in checks)
        ]
        return [
            _line(
                f"checks.absent.{key}",
                State.OPEN,
                f"The audits that count do not hold {what}.",
                f"Planned: {what}",
                f"Seal a plan with {what}, and run it.",
            )
            for key, what in missing
        ]

    def disturbs(self, finding: Finding) -> bool:
        """Another result is another question."""
        return True


def _bar(params: Mapping[str, Any]) -> Bar:
    side = next(side for side in _SIDES if side in params)
    return Bar(params["metric"], side, Decimal(str(params[side])))


def _flaws(dossier: Dossier, plan: PlanFacts, run: RunFacts | None, held: list[CheckFacts]) -> list[Finding]:
    """What is wrong with a plan's evidence as a whole, before its checks are looked at."""
    code = f"checks.plan.{plan.digest[7:19]}"
    if run is None:
        return [
            _line(code, State.OPEN, "A sealed plan has not been run to its end.", "Sealed plan run", AUDIT)
        ]
    if not run.intact:
        sentence = "The stored result of an audit no longer has the digest it was recorded with."
        return [_line(code, State.OPEN, sentence, "Untouched result", AUDIT)]
    if not evidence.locked(dossier, run):
        sentence = (
            "The audit was started before its plan was sealed, or with another seed, so it is exploratory."
        )
        return [_line(code, State.OPEN, sentence, "Plan sealed before", AUDIT)]
    if run.state != "passed" and all(check.verdict == "passed" for check in run.checks):
        state = State.INSUFFICIENT if run.state == "insufficient" else State.OPEN
        sentence = f"The audit as a whole ended as {run.state}."
        return [_line(code, state, sentence, "Audit ended well", _CLEARS.get(run.state, AUDIT))]
    if not held:
        sentence = "The audit's plan holds no check that the gate waits for."
        return [_line(code, State.OPEN, sentence, "Blocking checks", AUDIT)]
    return []


@once
def _of_plans(dossier: Dossier) -> tuple[tuple[Finding, ...], tuple[CheckFacts, ...]]:
    """The lines of every plan and check, whatever a demand asks for, and the checks that there are."""
    found: list[Finding] = []
    checks: list[CheckFacts] = []
    for plan in evidence.current_plans(dossier):
        run = evidence.counted_run(dossier, plan)
        held = [check for check in run.checks if check.blocking] if run and run.intact else []
        checks += held
        found += _flaws(dossier, plan, run, held) + [_of_check(check) for check in held]
    if not checks:
        sentence = "No check of this version has a verdict."
        found.append(_line("checks", State.OPEN, sentence, "All checks", AUDIT))
    return tuple(found), tuple(checks)


def _of_check(check: CheckFacts) -> Finding:
    return _line(
        f"checks.{check.name}",
        _STATES.get(check.verdict, State.OPEN),
        check.sentence,
        f"Check: {check.name}",
        "" if check.verdict == "passed" else _CLEARS.get(check.verdict, AUDIT),
        Role.DEVELOPER if check.verdict == "failed" else Role.VALIDATOR,
    )


def _line(
    code: str, state: State, sentence: str, requirement: str, clears: str, owner: Role = Role.VALIDATOR
) -> Finding:
    return Finding(code, state, sentence, requirement, owner.value, clears)
