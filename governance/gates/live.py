"""Which waivers are alive: what votes are about, before it is known what a waiver covers."""

from governance.gates.spec import Dossier, WaiverFacts


def live(dossier: Dossier) -> tuple[WaiverFacts, ...]:
    """Approved, not revoked, not over: those that have not begun yet too, for who votes now votes on them."""
    return tuple(w for w in dossier.waivers if w.state == "approved" and dossier.now < w.expires_at)


def digests(dossier: Dossier, step: str = "") -> tuple[str, ...]:
    """What a vote on a step signs of the waivers; without a step, of all of them.

    One that another live one renews is not named again: the renewal's terms name it, and so a vote does not go
    stale on the day on which the one takes over from the other.
    """
    here = [waiver for waiver in live(dossier) if step in ("", waiver.step)]
    renewed = {waiver.renews for waiver in here}
    return tuple(sorted(waiver.digest for waiver in here if waiver.id not in renewed))
