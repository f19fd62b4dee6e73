"""What is set aside for a time: only in exactly the state in which it was judged, and never what no policy can name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from assay_client.decide import evidence, subject
from assay_client.decide.canonical import digest_of
from assay_client.decide.facts import Fact
from assay_client.decide.lines import WAIVED, Line

NEVER = (
    "tier.",
    "policy.",
    "environment.",
    "approvals.",
    "classification",
    "ledger",
    "break_glass.",
    "version.stage",
    "system.stage",
)
Rules = Mapping[str, Any]


def applied(dossier: Fact, rules: Rules | None, lines: Sequence[Line]) -> tuple[list[Line], list[str]]:
    """The lines with what is waived marked so, and the waivers that did it."""
    if rules is None or dossier.version is None:
        return list(lines), []
    covering: dict[tuple[str, str], Fact] = {}
    for waiver in sorted(dossier.waivers, key=lambda one: (one.starts, one.id)):
        if _counts(dossier, rules, waiver):
            for one in waiver.findings:
                covering.setdefault((one.code, one.standing), waiver)
    used, found = set(), []
    for line in lines:
        by = covering.get((line.code, standing(dossier, line))) if _waivable(dossier, rules, line) else None
        if by is not None:
            used.add(by.id)
            line = line._replace(state=WAIVED)
        found.append(line)
    return found, sorted(used)


def _counts(dossier: Fact, rules: Rules, waiver: Fact) -> bool:
    """Whether a waiver is in force here and now, and everything still holds that it was granted on."""
    here = (
        dossier.step is not None
        and waiver in subject.live_waivers(dossier)
        and waiver.starts <= dossier.now
        and waiver.model_version == dossier.version.id
        and waiver.step == subject.step_of(dossier)
        and waiver.environment in ("", dossier.environment)
    )
    approvers = rules["approvers"]
    parts = {waiver.requester, dossier.version.author}
    parts |= evidence.delegates(dossier, parts)
    return (
        here
        and waiver.intact
        and waiver.entitled
        and waiver.approver not in parts
        and 0 <= waiver.renewal < len(approvers)
        and waiver.approved_role in approvers[waiver.renewal]
        and waiver.expires_at - waiver.starts <= timedelta(days=rules["max_days"])
    )


def _waivable(dossier: Fact, rules: Rules, line: Line) -> bool:
    bare = re.sub(r"#[0-9]+$", "", line.code)
    named = any(bare.startswith(one) if one.endswith(".") else bare == one for one in rules["allowed"])
    touched = line.of_evidence and tampered(dossier)
    return line.blocks and named and not bare.startswith(NEVER) and not touched


def standing(dossier: Fact, line: Line) -> str:
    """The digest of how exactly a line stands: its words, and the results it rests on."""
    told = {"code": line.code, "state": line.state, "sentence": line.words}
    return digest_of({**told, "results": _results(dossier, line) if line.of_evidence else []})


def _results(dossier: Fact, line: Line) -> list[str]:
    counted = evidence.counted(dossier)
    name = re.sub(r"#[0-9]+$", "", line.code).partition(".")[2]
    holding = [run for run in counted if any(check.name == name for check in run.checks)]
    return sorted(run.result_digest or run.id for run in holding or counted)


def tampered(dossier: Fact) -> bool:
    """Whether a result that counts no longer has the digest it was recorded with."""
    return any(not run.intact for run in evidence.counted(dossier))
