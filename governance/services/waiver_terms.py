"""What a waiver is asked about, whom it takes, and what of the year's budget it uses: shared by its verbs and pages."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models.functions import Greatest

from governance import lifecycle
from governance.dossier import Gathered, gather_version
from governance.gates import budget, codec, decide, waiving
from governance.gates.policy import Policy, parse
from governance.gates.spec import Step
from governance.gates.waiving import CoveredFinding, WaiverRules, WaiverTerms
from governance.models import Waiver
from governance.services import questions
from registry.errors import Conflict, Invalid
from registry.ledger import chain
from registry.models import ModelVersion

MAX_TEXT: Final = 5000
MAX_CODES: Final = 50


def check_words(codes: Sequence[str], reason: str, control: str) -> None:
    errors = []
    if not 1 <= len(set(codes)) <= MAX_CODES:
        errors.append(("codes", f"between 1 and {MAX_CODES}"))
    for name, text in (("reason", reason), ("compensating_control", control)):
        if not text:
            errors.append((name, "required"))
        elif len(text) > MAX_TEXT:
            errors.append((name, f"at most {MAX_TEXT} characters"))
    if errors:
        sentence = "A waiver names what it covers, why, and what is done instead to keep people safe."
        raise Invalid(sentence, errors=errors)


def check_times(rules: WaiverRules, now: datetime, starts: datetime, expires_at: datetime) -> None:
    longest = timedelta(days=rules.max_days)
    if starts < now:
        raise Invalid("A waiver cannot begin in the past.", errors=[("starts", "in the past")])
    if starts > now + longest:
        raise Invalid(
            f"A waiver begins at most {rules.max_days} days from now.", errors=[("starts", "too far ahead")]
        )
    if expires_at <= starts:
        raise Invalid("A waiver ends after it begins.", errors=[("expires_at", "not after it begins")])
    if expires_at - starts > longest:
        raise Invalid(
            f"The policy allows a waiver for at most {rules.max_days} days.",
            errors=[("expires_at", f"at most {rules.max_days} days after it begins")],
        )


def facts_for(version: ModelVersion, to: str, environment: str) -> tuple[Gathered, Step]:
    """The facts about the step to a stage, or about the step that guards an environment; and that step."""
    if bool(to) == bool(environment):
        raise Invalid("Name the step (to), or the environment; not both.", errors=[("to", "one of the two")])
    if to:
        step = questions.step_to(version, to)
        return gather_version(version).about(step), step
    gathered = gather_version(version).at_door(environment)
    guarding = gathered.dossier.step
    if guarding is None:
        raise Conflict(f"The policy knows no environment “{environment}”.", code="waiver.no_environment")
    return gathered, guarding


def facts_of(waiver: Waiver) -> Gathered:
    """The facts as they are now, about what a waiver was asked for."""
    from_stage, _, to_stage = waiver.step.partition("→")
    step = Step(lifecycle.MODEL_VERSION, from_stage, to_stage)
    return gather_version(waiver.model_version).about(step, waiver.environment)


def policy_of(gathered: Gathered) -> Policy | None:
    """The policy in force, if there is one that can be read."""
    try:
        return parse(gathered.policy_body) if gathered.policy_body else None
    except Invalid:
        return None


def rules_of(gathered: Gathered) -> WaiverRules:
    """What the policy in force says about waivers, or Conflict: what it does not name cannot be waived."""
    policy = policy_of(gathered)
    rules: WaiverRules | None = policy.part("waivers") if policy else None
    if rules is None:
        raise Conflict("The policy of this system allows no waivers.", code="waiver.not_possible")
    return rules


def rules_in(body: str) -> WaiverRules | None:
    """What a policy's text says about waivers; nothing when it cannot be read."""
    try:
        rules: WaiverRules | None = parse(body).part("waivers")
    except Invalid:
        return None
    return rules


def intact(waiver: Waiver) -> bool:
    """Whether the terms still have the digest they were asked for with."""
    return chain.digest(waiver.terms.encode()) == waiver.digest


def terms_of(waiver: Waiver) -> WaiverTerms:
    """The terms as they were asked for; Conflict when they no longer have their digest."""
    if not intact(waiver):
        raise Conflict(
            "The terms of this waiver were changed after it was asked for. It counts for nothing; ask for another.",
            code="waiver.tampered",
        )
    return codec.read(WaiverTerms, waiver.terms)


def covered(gathered: Gathered, rules: WaiverRules, codes: Sequence[str]) -> tuple[CoveredFinding, ...]:
    """The findings with these codes as they stand now, or Conflict that says of each why it cannot be waived."""
    policy, dossier = policy_of(gathered), gathered.dossier
    lines = {line.finding.code: line for line in decide.checklist(dossier, policy)} if policy else {}
    found, wrong = [], []
    for code in sorted(set(codes)):
        line = lines.get(code)
        if line is None or not waiving.waivable(dossier, rules, line):
            wrong.append(f"{code}: {_why_not(rules, code, line is not None and line.finding.blocks)}")
            continue
        told = line.finding
        standing = waiving.standing(dossier, line)
        found.append(CoveredFinding(code, told.state.value, told.sentence, told.requirement, standing))
    if wrong:
        raise Conflict(f"This cannot be waived. {' '.join(wrong)}", code="waiver.not_waivable")
    return tuple(found)


def _why_not(rules: WaiverRules, code: str, blocks: bool) -> str:
    if reason := waiving.never(code):
        return f"it is {reason}, which nobody can waive."
    if not blocks:
        return "the gate has no open finding of this code."
    if not rules.names(code):
        return "the policy does not name it among what may be waived."
    return "a result behind it was tampered with."


@dataclass(frozen=True)
class Lineage:
    """The approved waivers of the same findings that came before: a new one renews them, whether it says so or not."""

    renewal: int
    newest: Waiver | None
    all: tuple[Waiver, ...]

    @property
    def approvers(self) -> frozenset[str]:
        """The people who approved the last one of each finding; they cannot approve the next."""
        return frozenset(w.approved_by.person_id for w in self.all if w.approved_by)


def lineage_of(version: ModelVersion, step: str, codes: Iterable[str]) -> Lineage:
    """What a waiver of these findings would renew: for each finding, the newest that was ever approved."""
    wanted = {waiving.base(code) for code in codes}
    rows = Waiver.objects.filter(model_version=version, step=step, approved_at__isnull=False)
    newest: dict[str, Waiver] = {}
    for row in rows.select_related("approved_by").order_by("approved_at", "pk"):
        for code in wanted & _codes(row, wanted):
            newest[code] = row
    found = tuple(dict.fromkeys(newest.values()))
    last = max(found, key=lambda row: (row.renewal, row.approved_at), default=None)
    return Lineage(last.renewal + 1 if last else 0, last, found)


def _codes(waiver: Waiver, wanted: set[str]) -> set[str]:
    """What a waiver covered; one that cannot be read covered everything, so that nothing is gained by spoiling it."""
    try:
        return {waiving.base(one.code) for one in codec.read(WaiverTerms, waiver.terms).findings}
    except codec.Unreadable:
        return wanted


def first_moment(gathered: Gathered, before: Lineage, findings: Sequence[CoveredFinding]) -> datetime:
    """When a waiver begins that names no beginning: when the one it renews ends, or at once."""
    now, wanted = gathered.dossier.now, {(one.code, one.standing) for one in findings}
    running = [
        waiver.expires_at
        for waiver in gathered.dossier.waivers
        if waiver.state == "approved"
        and waiver.id in {str(row.pk) for row in before.all}
        and wanted <= {(one.code, one.standing) for one in waiver.findings}
    ]
    return max([now, *running])


def still_true(waiver: Waiver, gathered: Gathered, rules: WaiverRules) -> None:
    """Whether what was asked for is still what would be asked for now."""
    terms, now = terms_of(waiver), gathered.dossier.now
    codes = [one.code for one in terms.findings]
    if waiver.expires_at <= now:
        raise Conflict("The time this waiver was asked for is over. Ask for another.", code="waiver.over")
    if lineage_of(waiver.model_version, waiver.step, codes).renewal != waiver.renewal:
        raise Conflict(
            "Another waiver of the same finding was approved meanwhile, so this would be a renewal. Ask again.",
            code="waiver.is_a_renewal",
        )
    if waiver.expires_at - waiver.starts > timedelta(days=rules.max_days):
        raise Conflict(
            f"The policy now allows a waiver for at most {rules.max_days} days. Ask again.",
            code="waiver.too_long",
        )
    if covered(gathered, rules, codes) != terms.findings:
        raise Conflict(
            "What this waiver covers changed since it was asked for. Ask again, about the facts as they are.",
            code="waiver.stale",
        )


def spells_of(models: Iterable[Any]) -> dict[Any, list[budget.Spell]]:
    """The approved days of every version of each model, also of waivers that were revoked early."""
    found: dict[Any, list[budget.Spell]] = {model: [] for model in models}
    rows = Waiver.objects.filter(model_version__model__in=list(found), approved_at__isnull=False)
    begins = Greatest("starts", "approved_at")
    for model, begin, end in rows.values_list("model_version__model_id", begins, "expires_at"):
        if begin < end:
            found[model].append((begin, end))
    return found


@dataclass(frozen=True)
class Budget:
    """The waiver-days of one model: how many the policy gives a year, and how many are used, with this one."""

    given: int
    used: timedelta

    @property
    def used_days(self) -> int:
        """Days used, a part of a day counted as one."""
        return math.ceil(self.used / timedelta(days=1))

    @property
    def left_days(self) -> int:
        """Whole days left."""
        return max(0, math.floor(self.given - self.used / timedelta(days=1)))

    @property
    def holds(self) -> bool:
        """Whether no year has more than is given."""
        return self.used <= timedelta(days=self.given)


def budget_with(waiver: Waiver, rules: WaiverRules, now: datetime) -> Budget:
    """The budget of the waiver's model if it were approved now."""
    model = waiver.model_version.model_id
    spells = spells_of([model])[model]
    begins = max(waiver.starts, now)
    return Budget(rules.budget_days, budget.with_another(spells, (begins, max(begins, waiver.expires_at))))


def budgets_now(rules: Mapping[Any, WaiverRules], now: datetime) -> dict[Any, Budget]:
    """The budget of each model as it stands in the year that ends with its last approved day."""
    spells = spells_of(rules)
    return {
        model: Budget(given.budget_days, budget.with_another(spells[model], (now, now)))
        for model, given in rules.items()
    }
