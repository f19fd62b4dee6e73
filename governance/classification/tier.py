"""Answers and a day in, tier and reasons out.

    a prohibited practice whose day has come                unacceptable
    Annex I, or an area of Annex III without exemption      high
    people must be told, or a general-purpose model         limited
    none of these                                           minimal

The first line that fits decides. A system that is out of the Union's scope has the tier that these words give it, and
no duties under the Act. “Not sure” and silence count as the worse answer, so they never lower a tier.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from governance.classification.answers import Answers, asked, counts
from governance.classification.questions import (
    NO_SIGNIFICANT_RISK,
    PROFILING,
    Answer,
    Question,
    questionnaire,
)
from registry.stages import RiskTier

ORDER: Final = (RiskTier.MINIMAL, RiskTier.LIMITED, RiskTier.HIGH, RiskTier.UNACCEPTABLE)
CONDITIONS: Final = ("EX-a", "EX-b", "EX-c", "EX-d")
EXEMPTION, OUT_OF_SCOPE = "exemption", "out_of_scope"
_ROLES: Final = {"importer_or_distributor": ("importer", "distributor")}


@dataclass(frozen=True)
class Coming:
    """A practice that is done and will be prohibited from this day (ISO date)."""

    question: str
    day: str


@dataclass(frozen=True)
class Classification:
    """What follows from the answers on a day. Names of questions, words of the framework, sentences; all plain text."""

    tier: str
    in_scope: bool
    roles: tuple[str, ...]
    risks: tuple[str, ...]
    routes: tuple[str, ...]
    triggers: tuple[str, ...]
    prohibited: tuple[str, ...]
    coming: tuple[Coming, ...]
    grounds: tuple[str, ...]
    claims: tuple[str, ...]
    reasons: tuple[str, ...]
    open: tuple[str, ...]
    changes_on: str  # the next day on which time alone makes the tier worse; empty: none is known


def higher(one: str, other: str) -> bool:
    """Whether a tier is a worse one."""
    return ORDER.index(RiskTier(one)) > ORDER.index(RiskTier(other))


def classify(given: Answers, on: date) -> Classification:
    """The classification that follows from answers on a day (UTC)."""
    hits = _Hits(given, on)
    tier = hits.tier()
    coming = tuple(Coming(one.id, str(one.applies_from)) for one in hits.coming)
    return Classification(
        tier=str(tier),
        in_scope=hits.in_scope,
        roles=hits.roles(),
        risks=hits.risks(),
        routes=tuple(route for route, met in (("annex_i", hits.annex_i), ("annex_iii", hits.areas)) if met),
        triggers=tuple(one.id for one in (*hits.areas, *hits.transparency, *hits.gpai)),
        prohibited=tuple(one.id for one in hits.prohibited),
        coming=coming,
        grounds=tuple(one.id for one in hits.grounds),
        claims=tuple(
            name for name, made in ((EXEMPTION, hits.exempt), (OUT_OF_SCOPE, not hits.in_scope)) if made
        ),
        reasons=hits.reasons(tier),
        open=tuple(key for key in asked(given) if key not in given or given[key].answer is Answer.UNSURE),
        changes_on="" if tier == RiskTier.UNACCEPTABLE else min((one.day for one in coming), default=""),
    )


class _Hits:
    """What the answers meet, section by section."""

    def __init__(self, given: Answers, on: date) -> None:
        self.given = given
        practices = self._met("prohibited")
        self.prohibited = [
            one for one in practices if one.applies_from is not None and one.applies_from <= on
        ]
        self.coming = [one for one in practices if one not in self.prohibited]
        self.annex_i = self._met("annex_i", all)
        self.areas = self._met("annex_iii")
        self.transparency = self._met("transparency")
        self.gpai = [one for one in self._met("gpai") if counts("GP1", given) is Answer.YES]
        self.in_scope = all(counts(one.id, given) is one.worse for one in self._of("scope"))
        self.claimed = self._says_yes(NO_SIGNIFICANT_RISK) and any(map(self._says_yes, CONDITIONS))
        self.exempt = bool(self.areas) and self.claimed and not self._says_yes(PROFILING)
        self.grounds = [*self.annex_i, *([] if self.exempt else self.areas)]

    def _of(self, section: str) -> list[Question]:
        return [one for one in questionnaire().questions.values() if one.section == section]

    def _met(self, section: str, enough: Callable[[list[bool]], bool] = any) -> list[Question]:
        """The questions whose answer counts as the worse one, where enough of the section's do."""
        found = [counts(one.id, self.given) is one.worse for one in self._of(section)]
        return (
            [one for one, met in zip(self._of(section), found, strict=True) if met] if enough(found) else []
        )

    def _says_yes(self, identifier: str) -> bool:
        return counts(identifier, self.given) is Answer.YES

    def tier(self) -> RiskTier:
        """The first line of the table that fits."""
        if self.prohibited:
            return RiskTier.UNACCEPTABLE
        if self.grounds:
            return RiskTier.HIGH
        return RiskTier.LIMITED if self.transparency or self.gpai else RiskTier.MINIMAL

    def roles(self) -> tuple[str, ...]:
        """What we are to the system, in the words of the framework."""
        held = [role for one in self._met("role") for role in _ROLES.get(one.leads_to, (one.leads_to,))]
        if self.gpai and "provider" in held:
            held.append("gpai_provider")
        return tuple(sorted(set(held)))

    def risks(self) -> tuple[str, ...]:
        """The kinds of risk that duties hang on, in the words of the framework."""
        systemic = any(one.id == "GP2" for one in self.gpai)
        words = (
            ("high_risk", self.grounds),
            ("annex_iii_exempt", self.exempt),
            ("transparency", self.transparency),
            ("gpai", self.gpai),
            ("gpai_systemic", systemic),
        )
        return tuple(word for word, met in words if met)

    def reasons(self, tier: RiskTier) -> tuple[str, ...]:
        """Why, in sentences: what decided the tier first."""
        told = [f"Prohibited: {self._told(one)}." for one in self.prohibited]
        told += [
            f"Prohibited from {one.applies_from}, the tier is then unacceptable: {self._told(one)}."
            for one in self.coming
        ]
        told += [f"High risk: {self._told(one)}." for one in self.grounds]
        told += self._exempting()
        told += [f"People must be told: {self._told(one)}." for one in self.transparency]
        told += [f"General-purpose model: {self._told(one)}." for one in self.gpai]
        if not self.in_scope:
            told.append(
                "Out of the Union's scope, it is said: the tier is by the words of risk only, and no duty under the"
                " Act is counted."
            )
        if tier == RiskTier.MINIMAL and not told:
            told.append("No practice, area or duty of the questionnaire applies.")
        return tuple(told)

    def _exempting(self) -> list[str]:
        areas = ", ".join(one.ref for one in self.areas)
        if self.exempt:
            return [f"Exempt under Art. 6(3) although used in {areas}."]
        if self.areas and self.claimed:
            return [f"The exemption is overridden: it profiles people, so {areas} stays high risk."]
        return []

    def _told(self, one: Question) -> str:
        given = self.given.get(one.id)
        unsure = given is None or given.answer is Answer.UNSURE
        words = one.sentence.rstrip("?.")
        return f"{one.ref}, {words}" + (" (not answered for sure, so it counts)" if unsure else "")
