"""Rows about how evidence came to be, to facts. The order of values is that of `assurance`."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from governance.dossier.columns import identifier, moment
from governance.gates import evidence
from governance.gates.spec import (
    AcknowledgementFacts,
    ChampionFacts,
    DeviationFacts,
    DeviationVoteFacts,
    PlanFacts,
    ReproductionFacts,
    RunFacts,
)

Row = Sequence[str]


def plan(row: Row) -> PlanFacts:
    """A sealed plan."""
    pk, digest, dataset_version, sealer, sealed_at, seed, dataset, deviation, *_ = row
    return PlanFacts(
        id=identifier(pk),
        digest=digest,
        dataset_version=identifier(dataset_version),
        sealer=identifier(sealer),
        sealed_at=moment(sealed_at),
        seed=int(seed),
        dataset=dataset,
        deviation=deviation,
    )


def ordinals(rows: Iterable[Row]) -> Mapping[str, int]:
    """Which attempt on its test set each run is, in the order in which they were started."""
    told = sorted(
        (moment(started), moment(requested), identifier(pk), bytes_)
        for pk, bytes_, started, requested, *_ in rows
    )
    seen: Counter[str] = Counter()
    found = {}
    for _, _, run, bytes_ in told:
        seen[bytes_] += 1
        found[run] = seen[bytes_]
    return found


def deviation(row: Row) -> DeviationFacts:
    """A plan that loosens another."""
    pk, old_plan, new_plan, digest, state, sealer, rows, *_ = row
    words = tuple(_words(one) for one in json.loads(rows))
    return DeviationFacts(
        identifier(pk), identifier(old_plan), identifier(new_plan), digest, state, identifier(sealer), words
    )


def _words(row: Mapping[str, str]) -> str:
    of = f" of “{row['check']}”" if row["check"] else ""
    return f"{row['field']}{of}: {row['before']} → {row['after']}"


def deviation_vote(row: Row) -> DeviationVoteFacts:
    """A vote on such a plan."""
    deviation_, voter, role, verdict, digest, voted_at, entitled, *_ = row
    return DeviationVoteFacts(
        identifier(deviation_), identifier(voter), role, verdict, digest, moment(voted_at), bool(entitled)
    )


def reproduction(row: Row) -> ReproductionFacts:
    """A run made again."""
    original, rerun, matched, same, by, differences, compared_at, *_ = row
    return ReproductionFacts(
        original=identifier(original),
        rerun=identifier(rerun),
        matched=bool(matched),
        same_digest=bool(same),
        by=identifier(by),
        differences=int(differences),
        compared_at=moment(compared_at),
    )


def champions(rows: Mapping[str, list[Row]]) -> tuple[ChampionFacts, ...]:
    """Other versions in production, each with the results that count for it."""
    owners = {identifier(row[0]): identifier(row[8]) for row in rows["champion_plan"]}
    plans = [plan(row) for row in rows["champion_plan"]]
    runs = [_run(row) for row in rows["champion_run"]]
    found = []
    for pk, name, stage, *_ in rows["champion"]:
        theirs = evidence.current([one for one in plans if owners[one.id] == identifier(pk)])
        spoken = [evidence.speaks_for(one, runs) for one in theirs]
        results = sorted(run.result_digest for run in spoken if run is not None and run.result_digest)
        found.append(ChampionFacts(identifier(pk), name, stage, tuple(results)))
    return tuple(sorted(found, key=lambda champion: champion.version))


def _run(row: Row) -> RunFacts:
    """A run of a champion; its result was not read, only which one it is."""
    pk, plan_, state, seed, code, starter, requested, finished, digest, reproduces, *_ = row
    return RunFacts(
        id=identifier(pk),
        plan=identifier(plan_),
        state=state,
        seed=int(seed),
        code_version=code,
        starter=identifier(starter),
        requested_at=moment(requested),
        finished_at=moment(finished) if finished else None,
        result_digest=digest,
        intact=True,
        kinds=(),
        checks=(),
        reproduces=identifier(reproduces),
    )


def acknowledgement(row: Row) -> AcknowledgementFacts:
    """A comparison that somebody read."""
    pk, champion, digest, person, at, entitled, *_ = row
    return AcknowledgementFacts(
        identifier(pk), identifier(champion), digest, identifier(person), moment(at), bool(entitled)
    )
