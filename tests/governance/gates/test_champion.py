"""The comparison with the version in production: read by somebody independent, about exactly these results."""

from dataclasses import replace
from typing import Any

import pytest

from governance.gates import champions
from governance.gates.requirements.champion import ChampionCompared
from governance.gates.spec import AcknowledgementFacts, ChampionFacts, Dossier, Finding, State
from registry.ledger import chain
from tests.governance.gates import facts

CHAMPION = ChampionFacts("version-0", "0", "production", (facts.digest("old result"),))


def dossier(**changes: Any) -> Dossier:
    return replace(facts.asked(facts.bare()), **{"champions": (CHAMPION,), **changes})


def read(of: Dossier, person: str = "vera", **changes: Any) -> Dossier:
    digest = champions.digest(of, of.champions[0])
    row = AcknowledgementFacts("ack-1", "version-0", digest, person, facts.ago(days=1), entitled=True)
    return replace(of, acknowledgements=(replace(row, **changes),))


def line(of: Dossier) -> Finding:
    (found,) = ChampionCompared.of({}).findings(of)
    return found


def test_the_first_version_ever_has_nobody_to_beat() -> None:
    found = line(dossier(champions=()))
    assert (found.met, found.sentence) == (True, "No other version of this model is in production.")


def test_read_by_somebody_independent_it_is_met() -> None:
    assert line(dossier()).state is State.OPEN
    assert line(read(dossier())).met


@pytest.mark.parametrize("who", ["dev"])
def test_the_author_and_who_asks_do_not_acknowledge(who: str) -> None:
    assert line(read(dossier(), who)).state is State.OPEN
    other = replace(dossier(), requests=(replace(dossier().requests[0], requester="vera"),))
    assert line(read(other, "vera")).state is State.OPEN
    assert line(read(other, "adam")).met


def test_somebody_who_left_has_read_nothing() -> None:
    assert line(read(dossier(), entitled=False)).state is State.OPEN


def test_another_result_on_either_side_is_another_comparison() -> None:
    of = read(dossier())
    anew = replace(of, runs=(facts.run(result_digest=facts.digest("new")),))
    assert line(anew).state is State.STALE
    other = replace(of, champions=(replace(CHAMPION, results=(facts.digest("other"),)),))
    assert line(other).state is State.STALE
    assert line(replace(of, champions=(replace(CHAMPION, version="version-9"),))).state is State.OPEN


def test_without_results_there_is_nothing_to_compare() -> None:
    assert "Nothing was measured" in line(dossier(runs=())).sentence
    assert "no result" in line(dossier(champions=(replace(CHAMPION, results=()),))).sentence


def test_each_of_two_champions_is_compared() -> None:
    second = replace(CHAMPION, version="version-00", name="00", stage="monitoring")
    of = replace(read(dossier()), champions=(CHAMPION, second))
    states = {f.code: f.state for f in ChampionCompared.of({}).findings(of)}
    assert states == {"champion.0": State.MET, "champion.00": State.OPEN}


AGAINST = "version 0, which is in production"
READ = "Somebody who neither made nor asked for this reads the comparison and acknowledges it."


@pytest.mark.parametrize(
    ("of", "code", "state", "sentence", "clears"),
    [
        (
            dossier(champions=()),
            "champion",
            State.MET,
            "No other version of this model is in production.",
            "",
        ),
        (
            dossier(runs=()),
            "champion.0",
            State.OPEN,
            f"Nothing was measured to compare with {AGAINST}.",
            "Run an audit.",
        ),
        (
            dossier(champions=(replace(CHAMPION, results=()),)),
            "champion.0",
            State.OPEN,
            f"There is no result of {AGAINST}, to compare with.",
            "Audit version 0 on the same test set.",
        ),
        (
            dossier(),
            "champion.0",
            State.OPEN,
            f"Nobody independent has read the comparison with {AGAINST}.",
            READ,
        ),
        (
            read(dossier(), digest=facts.digest("old")),
            "champion.0",
            State.STALE,
            f"The comparison with {AGAINST}, was acknowledged before one of the results changed.",
            READ,
        ),
        (
            read(dossier()),
            "champion.0",
            State.MET,
            f"The comparison with {AGAINST}, was read and acknowledged.",
            "",
        ),
    ],
)
def test_what_its_line_says(of: Dossier, code: str, state: State, sentence: str, clears: str) -> None:
    assert line(of) == Finding(code, state, sentence, "Comparison with the champion", "validator", clears)


@pytest.mark.parametrize("candidate", ["version-1", ""])
def test_an_acknowledgement_signs_both_versions_and_their_results(candidate: str) -> None:
    of = dossier() if candidate else dossier(version=None)
    assert champions.digest(of, CHAMPION) == chain.digest_of(
        {
            "schema": "assay.comparison/1",
            "candidate": candidate,
            "candidate_results": [facts.digest("result")],
            "champion": "version-0",
            "champion_results": [facts.digest("old result")],
        }
    )
