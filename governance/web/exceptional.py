"""What of a version's page is not as it should be: waivers, emergencies, findings; one query beside the facts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from governance.gates.spec import Dossier
from governance.models import Waiver, WaiverState
from registry.models import ModelVersion


@dataclass(frozen=True)
class Line:
    """One exception: how it stands, what it is, and its page."""

    state: str
    words: str
    what: str
    url: str
    until: datetime | None = None


@dataclass(frozen=True)
class Exceptional:
    """The section of the page."""

    lines: tuple[Line, ...]
    may_raise: bool
    may_break_glass: bool


def section(version: ModelVersion, dossier: Dossier, held: frozenset[str]) -> Exceptional:
    """Everything that was ever set aside for this version, every emergency of its system, and what is open."""
    lines = (*_waiting(version), *_waivers(dossier), *_emergencies(dossier), *_issues(dossier))
    return Exceptional(lines, "raise_issue" in held, "break_glass" in held)


def _waiting(version: ModelVersion) -> Iterator[Line]:
    for row in Waiver.objects.filter(model_version=version, state=WaiverState.REQUESTED):
        yield Line("waiting", "asked for", "a waiver until", reverse("waiver", args=[row.pk]), row.expires_at)


def _waivers(dossier: Dossier) -> Iterator[Line]:
    for one in dossier.waivers:
        what = ", ".join(finding.code for finding in one.findings)
        url = reverse("waiver", args=[one.id])
        if one.state != "approved":
            yield Line("cancelled", "revoked", what, url)
        elif one.expires_at <= dossier.now:
            yield Line("cancelled", "over", what, url, one.expires_at)
        else:
            yield Line("waived", "waived", what, url, one.expires_at)


def _emergencies(dossier: Dossier) -> Iterator[Line]:
    for one in dossier.break_glass:
        url, of_this = (
            reverse("emergency", args=[one.id]),
            dossier.version and one.model_version == dossier.version.id,
        )
        what = f"emergency release to {one.environment}" + ("" if of_this else ", of another version")
        if one.reviewed_at is not None:
            yield Line("passed", "reviewed", what, url, one.reviewed_at)
        elif one.ends > dossier.now:
            yield Line("waived", "running until", what, url, one.ends)
        else:
            late = one.review_due_at <= dossier.now
            yield Line(
                "deny" if late else "waiting",
                "review overdue" if late else "review due",
                what,
                url,
                one.review_due_at,
            )


def _issues(dossier: Dossier) -> Iterator[Line]:
    for one in dossier.issues:
        late = one.overdue_from is not None and one.overdue_from <= dossier.now
        words = f"{one.severity} {one.kind}{', overdue' if late else ''}"
        yield Line("open", words, one.title, reverse("issue", args=[one.id]))
