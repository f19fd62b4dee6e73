"""What must come out of waivers: who may ask and approve, what is renewed, what a year holds, and what a door says.

It shares no code with the product, knows no database, and is meant to be read by an auditor.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.governance.machine.reference import People

YEAR = timedelta(days=365)
LONGEST, BUDGET = timedelta(days=30), timedelta(days=60)
# Who approves the first waiver of a finding, its renewal, and the renewal of that.
CLIMB = ({"validator", "reviewer"}, {"compliance_officer"}, {"approver"})
AUTHOR = "dev"
SECOND_ACCOUNTS = {"dev2": "dev"}


@dataclass
class Version:
    """A version of the model, and which result it has; each has failed the same check."""

    number: int
    evidence: int


@dataclass
class Waiver:
    """One waiver of the failed check of one version."""

    version: Version
    evidence: int
    asker: str
    starts: datetime
    ends: datetime
    renewal: int
    state: str = "requested"
    approver: str = ""
    role: str = ""
    approved_at: datetime | None = None


def person(name: str) -> str:
    """Whose account it is."""
    return SECOND_ACCOUNTS.get(name, name)


@dataclass
class WaiverReference(People):
    """The world as the rules of waivers see it."""

    versions: list[Version] = field(default_factory=list)
    waivers: list[Waiver] = field(default_factory=list)

    # --- what came before ------------------------------------------------------------------------------------------
    def last(self, version: Version) -> Waiver | None:
        """The newest waiver of a version that was ever approved, over since or not."""
        ever = [w for w in self.waivers if w.version is version and w.approved_at is not None]
        return max(ever, key=lambda w: (w.approved_at, self.waivers.index(w)), default=None)

    def renewal(self, version: Version) -> int:
        """How often the finding was waived already."""
        last = self.last(version)
        return last.renewal + 1 if last else 0

    def begins(self, version: Version) -> datetime:
        """When the one before ends, while it still covers the finding as it stands; else now."""
        last = self.last(version)
        running = last is not None and last.state == "approved" and last.evidence == version.evidence
        return max(self.now, last.ends) if last is not None and running else self.now

    # --- who may do what -------------------------------------------------------------------------------------------
    def may_ask(self, version: Version, name: str, length: timedelta) -> bool:
        """Whether somebody may ask for a waiver that lasts so long from now."""
        starts, ends = self.begins(version), self.now + length
        allowed = bool(self.roles[name] & {"owner", "developer", "operator"})
        return (
            allowed
            and self.renewal(version) < len(CLIMB)
            and starts <= self.now + LONGEST
            and starts < ends <= starts + LONGEST
        )

    def part_takers(self, waiver: Waiver, last: Waiver | None) -> set[str]:
        """Who asked, who made the version, who approved the one before; and whoever acts for one of them."""
        barred = {person(waiver.asker), AUTHOR} | ({person(last.approver)} if last else set())
        return self.with_delegates(barred)

    def with_delegates(self, barred: set[str]) -> set[str]:
        """As people, whatever account a role was lent from or to."""
        acting = {
            person(lent.delegate)
            for lent in self.lent
            if person(lent.delegator) in barred and self.runs(lent)
        }
        return barred | acting

    def may_approve(self, waiver: Waiver, name: str) -> bool:
        """Whether somebody may take responsibility for a waiver now."""
        return (
            waiver.state == "requested"
            and bool(self.roles[name] & CLIMB[waiver.renewal])
            and person(name) not in self.part_takers(waiver, self.last(waiver.version))
            and waiver.renewal == self.renewal(waiver.version)
            and waiver.evidence == waiver.version.evidence
            and self.now < waiver.ends
            and self.used((max(waiver.starts, self.now), waiver.ends)) <= BUDGET
        )

    def may_end(self, waiver: Waiver, name: str, state: str) -> bool:
        """Whether somebody may refuse or revoke it: any who ask or vote, because that only makes the gate stricter."""
        able = {"owner", "developer", "operator", "validator", "reviewer", "compliance_officer", "approver"}
        return waiver.state == state and bool(self.roles[name] & able)

    # --- what a year holds -----------------------------------------------------------------------------------------
    def used(self, *more: tuple[datetime, datetime]) -> timedelta:
        """The most approved time in any one year, of all versions together, also of waivers that were revoked."""
        spells = [(max(w.starts, w.approved_at), w.ends) for w in self.waivers if w.approved_at] + [*more]
        firsts = {begin for begin, _ in spells} | {end - YEAR for _, end in spells}
        return max((sum_within(spells, first) for first in firsts), default=timedelta(0))

    # --- what a door says ------------------------------------------------------------------------------------------
    def door_is_open(self, version: Version) -> bool:
        """Whether a pipeline is let through with a waiver; without one it never is."""
        return any(
            w.version is version
            and w.state == "approved"
            and w.starts <= self.now < w.ends
            and w.evidence == version.evidence
            and w.role in self.roles[w.approver]
            and person(w.approver) not in self.part_takers(w, None)
            for w in self.waivers
        )


def sum_within(spells: list[tuple[datetime, datetime]], first: datetime) -> timedelta:
    """How much of the spells falls into the year that begins then."""
    parts = [min(end, first + YEAR) - max(begin, first) for begin, end in spells]
    return sum((part for part in parts if part > timedelta(0)), timedelta(0))
