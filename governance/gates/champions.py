"""What a comparison with the version in production is about, and whether somebody independent has read it. Pure."""

from governance.gates import evidence, lineage
from governance.gates.spec import AcknowledgementFacts, ChampionFacts, Dossier
from registry.ledger import chain

SCHEMA = "assay.comparison/1"
# Whoever made a version or asks for its release does not acknowledge how it compares.
EXCLUDED = ("version_author", "requester")


def results(dossier: Dossier) -> tuple[str, ...]:
    """The results of this version that count."""
    return tuple(sorted(run.result_digest for run in evidence.counted(dossier) if run.result_digest))


def digest(dossier: Dossier, champion: ChampionFacts) -> str:
    """What an acknowledgement signs: exactly these results of exactly these two versions."""
    return chain.digest_of(
        {
            "schema": SCHEMA,
            "candidate": dossier.version.id if dossier.version else "",
            "candidate_results": list(results(dossier)),
            "champion": champion.version,
            "champion_results": list(champion.results),
        }
    )


def acknowledged(dossier: Dossier, champion: ChampionFacts) -> tuple[AcknowledgementFacts, ...]:
    """The acknowledgements of a comparison with this champion by people who may, on whatever results."""
    excluded = lineage.excluded(dossier, EXCLUDED)
    return tuple(
        row
        for row in dossier.acknowledgements
        if row.champion == champion.version and row.entitled and row.person not in excluded
    )
