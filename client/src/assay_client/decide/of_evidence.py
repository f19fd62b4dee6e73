"""Demands on what was measured: that it was, that every check passed, and that nobody chose the result they liked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from assay_client.decide import evidence as facts_of
from assay_client.decide import votes
from assay_client.decide.canonical import digest_of
from assay_client.decide.facts import Fact
from assay_client.decide.lines import INSUFFICIENT, MET, OPEN, STALE, Line
from assay_client.decide.of_data import number
from assay_client.decide.people import excluded

Params = Mapping[str, Any]
KINDS = {
    "performance": "performance",
    "bias": "differences between groups",
    "explainability": "explanations",
}
_STATES = {"passed": MET, "insufficient": INSUFFICIENT}
_SIDES = {"at_least": (">=", ">"), "at_most": ("<=", "<")}


def evidence(dossier: Fact, params: Params) -> Iterator[Line]:
    """Measurements of this kind are there, sealed before, fresh, and at this level."""
    state, words = _measured(dossier, params)
    yield Line(f"evidence.{params['kind']}", state, words, True)


def _measured(dossier: Fact, params: Params) -> tuple[str, str]:
    of, days, level = KINDS[params["kind"]], params.get("within_days"), params.get("level", "measured")
    runs = [run for run in facts_of.counted(dossier) if run.intact and params["kind"] in run.kinds]
    if not runs:
        return OPEN, f"Nothing was measured about {of}."
    runs = [run for run in runs if facts_of.locked(dossier, run)]
    if not runs:
        return OPEN, f"What was measured about {of} had no plan and seed sealed before; it is exploratory."
    runs = [run for run in runs if run.finished_at and votes.fresh(run.finished_at, days, dossier.now)]
    if not runs:
        return STALE, f"The measurements of {of} are older than {days} days."
    found = [facts_of.level_of(dossier, run) for run in runs]
    if any(facts_of.reaches(one, level) for one, _ in found):
        if level == "reproduced":
            return MET, f"Measurements of {of} were made again by somebody else, with the same result."
        return MET, f"Measurements of {of} are there, on a plan sealed before."
    if any(otherwise for _, otherwise in found):
        return INSUFFICIENT, f"The measurements of {of} came out otherwise when they were made again."
    return OPEN, f"The measurements of {of} were not made again by somebody who had no part in them."


def checks(dossier: Fact, params: Params) -> Iterator[Line]:
    """Every blocking check passed, what has to be planned was planned, and nothing was loosened unseen."""
    held: list[Fact] = []
    for plan in facts_of.current_plans(dossier):
        run = facts_of.speaks(dossier, plan)
        mine = [one for one in run.checks if one.blocking] if run is not None and run.intact else []
        held += mine
        flaw = _flaw(dossier, plan, run, mine)
        if flaw is not None:
            yield Line(f"checks.plan.{plan.digest[7:19]}", *flaw, True)
        for one in mine:
            yield Line(f"checks.{one.name}", _STATES.get(one.verdict, OPEN), one.sentence, True)
    if not held:
        yield Line("checks", OPEN, "No check of this version has a verdict.", True)
    yield from _absent(held, params)
    yield from _attempts(dossier, params.get("attempts"))
    if params.get("unseen"):
        yield from _unseen(dossier)
    seats: dict[str, int] = {}
    for seat in params.get("deviations", {}).get("of", ()):
        seats[seat["role"]] = seats.get(seat["role"], 0) + seat.get("count", 1)
    yield from _loosened(dossier, seats or facts_of.DEFAULT_SEATS)


def _flaw(dossier: Fact, plan: Fact, run: Fact | None, held: Sequence[Fact]) -> tuple[str, str] | None:
    if run is None:
        return OPEN, "A sealed plan has not been run to its end."
    if not run.intact:
        return OPEN, "The stored result of an audit no longer has the digest it was recorded with."
    if not facts_of.locked(dossier, run):
        return (
            OPEN,
            "The audit was started before its plan was sealed, or with another seed, so it is exploratory.",
        )
    if run.state != "passed" and all(one.verdict == "passed" for one in run.checks):
        state = INSUFFICIENT if run.state == "insufficient" else OPEN
        return state, f"The audit as a whole ended as {run.state}."
    return None if held else (OPEN, "The audit's plan holds no check that the gate waits for.")


def _absent(held: Sequence[Fact], params: Params) -> Iterator[Line]:
    for name in params.get("names", ()):
        if not any(one.name == name for one in held):
            words = f"The audits that count do not hold a check named “{name}”."
            yield Line(f"checks.absent.{name}", OPEN, words, True)
    for choice in params.get("bars", ()):
        if not any(_holds(one, bar) for bar in choice for one in held):
            told = " or ".join(
                f"{bar['metric']} is {_side(bar).replace('_', ' ')} {_bar(bar)}" for bar in choice
            )
            words = f"The audits that count do not hold a check that {told}."
            yield Line(f"checks.absent.{choice[0]['metric']}", OPEN, words, True)


def _side(bar: Params) -> str:
    return "at_least" if "at_least" in bar else "at_most"


def _bar(bar: Params) -> Decimal:
    return Decimal(str(bar[_side(bar)]))


def _holds(check: Fact, bar: Params) -> bool:
    if check.metric != bar["metric"] or check.comparison not in _SIDES[_side(bar)]:
        return False
    sealed = number(check.threshold)
    return sealed >= _bar(bar) if _side(bar) == "at_least" else sealed <= _bar(bar)


def _attempts(dossier: Fact, budget: int | None) -> Iterator[Line]:
    if budget is None:
        return
    for run in facts_of.counted(dossier):
        plan = facts_of.plan_of(dossier, run)
        if plan is None:
            continue
        told = f"The audit that counts is attempt {run.attempt} on this test set, over all versions of the system"
        told += f"; the policy allows {budget}"
        code = f"checks.attempts.{plan.digest[7:19]}"
        if 0 < run.attempt <= budget:
            yield Line(code, MET, f"{told}.", True)
        elif run.attempt:
            yield Line(code, INSUFFICIENT, f"{told}, so a pass may be luck.", True)
        else:
            yield Line(code, INSUFFICIENT, f"{told}, and how many came before is not known.", True)


def _unseen(dossier: Fact) -> Iterator[Line]:
    for plan in facts_of.current_plans(dossier):
        tested = {one.digest for one in dossier.datasets if one.id == plan.dataset_version}
        made_from = [one for one in dossier.datasets if one.pinned]
        if any(one.id == plan.dataset_version or one.digest in tested for one in made_from):
            words = "The test set is one that the model was made from, so it shows what was learnt by heart."
            yield Line(f"checks.unseen.{plan.digest[7:19]}", INSUFFICIENT, words, True)
        else:
            words = "The test set is not among the data that the model was made from."
            yield Line(f"checks.unseen.{plan.digest[7:19]}", MET, words, True)


def _loosened(dossier: Fact, seats: Mapping[str, int]) -> Iterator[Line]:
    counting = {plan.id for plan in facts_of.current_plans(dossier)}
    for row in dossier.deviations:
        state, words = MET, ""
        if row.state == "accepted" and row.new_plan in counting:
            people, enough = facts_of.accepting(dossier, row, seats)
            words = f"It was accepted by {people} people who had no part in it."
            if not enough:
                state = OPEN
                words = "It was accepted, and the votes that still count are fewer than this policy asks for."
        elif row.state == "open":
            state, words = _waiting(dossier, row)
        elif row.state == "refused":
            words = "It was refused; the earlier plan counts."
        if words:
            told = f"A plan was loosened after results were there ({'; '.join(row.words)}). {words}"
            yield Line(f"checks.deviation.{row.digest[7:19]}", state, told, True)


def _waiting(dossier: Fact, row: Fact) -> tuple[str, str]:
    plan = next((one for one in dossier.plans if one.id == row.new_plan), None)
    run = facts_of.speaks(dossier, plan) if plan is not None else None
    if run is not None and run.state == "failed":
        return OPEN, "It waits for acceptance and opens nothing; its audit failed, and a failure counts."
    if plan is not None and any(one.dataset == plan.dataset for one in facts_of.current_plans(dossier)):
        return MET, "It waits for acceptance and opens nothing; until then the earlier plan counts."
    return OPEN, "It waits for acceptance, and no other plan of this version counts."


def champion(dossier: Fact, _: Params) -> Iterator[Line]:
    """Somebody independent has read the comparison with each version in production."""
    if not dossier.champions:
        yield Line("champion", MET, "No other version of this model is in production.")
    mine = sorted(run.result_digest for run in facts_of.counted(dossier) if run.result_digest)
    barred = excluded(dossier, ("version_author", "requester"))
    for one in dossier.champions:
        state, words = _compared(dossier, one, mine, barred)
        yield Line(f"champion.{one.name}", state, words)


def _compared(dossier: Fact, other: Fact, mine: list[str], barred: set[str]) -> tuple[str, str]:
    against = f"version {other.name}, which is in production"
    if not mine:
        return OPEN, f"Nothing was measured to compare with {against}."
    if not other.results:
        return OPEN, f"There is no result of {against}, to compare with."
    wanted = digest_of(
        {
            "schema": "assay.comparison/1",
            "candidate": dossier.version.id if dossier.version else "",
            "candidate_results": mine,
            "champion": other.version,
            "champion_results": list(other.results),
        }
    )
    given = [
        row
        for row in dossier.acknowledgements
        if row.champion == other.version and row.entitled and row.person not in barred
    ]
    if any(row.digest == wanted for row in given):
        return MET, f"The comparison with {against}, was read and acknowledged."
    if given:
        return STALE, f"The comparison with {against}, was acknowledged before one of the results changed."
    return OPEN, f"Nobody independent has read the comparison with {against}."
