"""What a report says was set aside: waivers, emergency releases of the whole system, and what is known to be wrong."""

from governance.gates import codec
from governance.gates.spec import State as GateState
from governance.gates.waiving import WaiverTerms
from governance.models import BreakGlass, WaiverState
from governance.models import Waiver as WaiverRow
from governance.reports.material import Material
from governance.reports.records import Finding, Waiver
from governance.reports.values import State, Statement


def waivers(material: Material, cites: dict[str, str]) -> tuple[Waiver, ...]:
    """Every waiver that was ever approved for the version, and every emergency of its system."""
    return (
        *(_waiver(row, cites[str(row.pk)]) for row in material.waivers),
        *(_emergency(row, cites["log"]) for row in material.emergencies),
    )


def _waiver(row: WaiverRow, cite: str) -> Waiver:
    terms = codec.read(WaiverTerms, row.terms)
    revoked = row.state == WaiverState.REVOKED and row.closed_at is not None
    end = row.closed_at if revoked and row.closed_at is not None else row.expires_at
    words = f"{terms.reason} Instead: {terms.compensating_control}"
    names = ", ".join(dict.fromkeys(one.requirement for one in terms.findings))
    where = f"the door to {row.environment}" if row.environment else f"the step {row.step}"
    renewal = f", renewal {row.renewal}" if row.renewal else ""
    return Waiver(
        requirement=f"{names} ({where}{renewal})",
        reason=Statement(f"{words} Revoked: {row.closed_reason}" if revoked else words, (cite,)),
        requested_by=row.requested_by.display_name,
        granted_by=(f"{row.approved_by.display_name} ({row.get_approved_role_display().lower()})",)
        if row.approved_by
        else (),
        valid_from=row.starts,
        valid_until=end,
    )


def _emergency(row: BreakGlass, cite: str) -> Waiver:
    review = "It was not reviewed yet."
    if row.reviewed_by is not None:
        review = f"{row.get_outcome_display()}, says {row.reviewed_by.display_name}: {row.review}"
    starts = row.starts or row.requested_at
    return Waiver(
        requirement=f"Everything the gate asks: {row.model_version} to {row.environment}",
        reason=Statement(f"{row.reason} {review}", (cite,)),
        requested_by=row.requested_by.display_name,
        granted_by=(row.confirmed_by.display_name,) if row.confirmed_by else (),
        valid_from=starts,
        valid_until=row.ends or starts,
        emergency=True,
    )


def issues(material: Material, log: str) -> tuple[Finding, ...]:
    """What is known to be wrong and open, and is not a line of the gate already."""
    told = {finding.code for finding in material.decision.findings}
    rows = [row for row in material.issues if f"issues.{row.pk}" not in told]
    return tuple(
        Finding(
            number=f"I-{number}",
            severity=row.get_severity_display().lower(),
            state=State.FAILED,
            sentence=Statement(f"{row.get_kind_display()}: {row.title}. {row.description}".strip(), (log,)),
            owner=row.owner.display_name if row.owner else "nobody yet",
            clears="Settle it, and have it closed by somebody who did not own its fix.",
            due=row.due,
        )
        for number, row in enumerate(rows, start=1)
    )


def points(material: Material) -> list[str]:
    """What the summary says of them: nothing where nothing was set aside."""
    found = []
    waived = [f for f in material.decision.findings if f.state is GateState.WAIVED]
    if waived:
        found.append(f"{len(waived)} requirements are waived for a time; see Waivers and overrides.")
    if material.emergencies:
        found.append(f"{len(material.emergencies)} emergency releases of the system were used.")
    late = [one for one in material.dossier.break_glass if one.reviewed_at is None]
    late = [one for one in late if one.review_due_at <= material.dossier.now]
    if late:
        found.append(f"The review of {len(late)} of them is overdue.")
    return found
