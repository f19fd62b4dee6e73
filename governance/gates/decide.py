"""Facts and policy in, decision out: always every finding, never only the first.

The gate opens when every finding is met, or waived for a time. So whatever prevents a finding from being made — no
policy, no section for the step, an empty list, a demand that says nothing, a demand nobody could satisfy — is itself
a finding that is not met.
"""

from collections.abc import Iterable
from datetime import datetime

from governance import lifecycle
from governance.gates import emergency, plan, subject, waiving
from governance.gates.plan import Line, Row
from governance.gates.policy import Policy, Section, parse
from governance.gates.requirements.base import Place, earliest
from governance.gates.spec import Dossier, Finding, GateDecision, PolicyReference, State, Step, Verdict
from registry.errors import Invalid
from registry.stages import RiskTier, Role, SystemStage, VersionStage


def judge(dossier: Dossier, body: str) -> GateDecision:
    """The decision under a policy's text; what a stored decision is replayed with."""
    if not body:
        return decide(dossier, None)
    try:
        policy = parse(body)
    except Invalid as error:
        return _closed(
            dossier, [_policy_line("policy.unreadable", f"The policy cannot be read: {error.message}")]
        )
    return decide(dossier, policy)


def decide(dossier: Dossier, policy: Policy | None) -> GateDecision:
    """The gate's answer about the dossier's step."""
    if policy is None or dossier.policy is None:
        tier = dossier.system.tier
        return _closed(
            dossier, [_policy_line("policy.missing", f"No policy is published for the risk tier “{tier}”.")]
        )
    section, missing = _section(dossier, policy)
    if section is None:
        return _closed(dossier, [*_standing_of_policy(dossier, policy), missing])
    lines, waivers = waiving.applied(dossier, policy.part("waivers"), checklist(dossier, policy))
    lines, emergencies = emergency.applied(dossier, policy.part("break_glass"), lines)
    return _decision(dossier, lines, _holds_until(dossier, section), (*emergencies, *waivers))


def checklist(dossier: Dossier, policy: Policy) -> list[Line]:
    """Every line as the facts alone make it, before waivers; empty where the policy has no section for the step."""
    section, _ = _section(dossier, policy)
    if section is None:
        return []
    # Another policy is another question, so the votes on this one would be stale.
    found: list[Row] = [(Place.POLICY, f, True) for f in _standing_of_policy(dossier, policy)]
    found += [(place, finding, False) for place, finding in _standing_of_stages(dossier, section)]
    found += emergency.reviews(dossier)
    found += _demanded(dossier, section)
    return plan.numbered(found)


def _section(dossier: Dossier, policy: Policy) -> tuple[Section | None, Finding]:
    step = dossier.step
    if step is None:
        known = ", ".join(sorted(policy.environments)) or "none"
        sentence = f"The policy knows no environment “{dossier.environment}”; it knows {known}."
        return None, _policy_line("environment.unknown", sentence)
    section = policy.section(step.subject, step.from_stage, step.to_stage)
    return section, _policy_line("policy.no_section", f"The policy says nothing about the step {step.name}.")


def _standing_of_policy(dossier: Dossier, policy: Policy) -> list[Finding]:
    found = []
    tier = dossier.system.tier
    if tier == RiskTier.UNACCEPTABLE:
        sentence = "The system's use is classified as unacceptable; nothing of it may move on."
        found.append(_line("tier.unacceptable", sentence, "Permitted use", Role.COMPLIANCE_OFFICER, ""))
    elif policy.prohibited:
        found.append(_policy_line("policy.prohibits", f"The policy prohibits this tier: {policy.prohibited}"))
    if policy.tier != tier:
        found.append(
            _policy_line("policy.other_tier", f"The policy is for the tier “{policy.tier}”, not “{tier}”.")
        )
    if dossier.policy is not None and not dossier.policy.intact:
        sentence = "The policy's text no longer has the digest it was published with."
        found.append(_policy_line("policy.tampered", sentence))
    return found


def _standing_of_stages(dossier: Dossier, section: Section) -> Iterable[tuple[Place, Finding]]:
    """Whether the system and the version stand where the step begins."""
    if dossier.version is None:
        return
    stage, ready = dossier.system.stage, dossier.system.stage in lifecycle.SYSTEM_READY
    yield (
        Place.SYSTEM,
        Finding(
            code="system.stage",
            state=State.MET if ready else State.OPEN,
            sentence=f"The system stands at {_label(SystemStage, stage)}"
            + ("." if ready else "; its problem, data and features must be accepted first."),
            requirement="System ready (G1 to G3)",
            owner_role=Role.OWNER.value,
            clears="" if ready else "Move the system to development.",
        ),
    )
    at, allowed = dossier.version.stage, {section.from_stage}
    if dossier.environment:
        # Bytes that are in production may be deployed there again; the demands are the same.
        allowed |= {section.to_stage, *(lifecycle.DEPLOYED if section.to_stage in lifecycle.DEPLOYED else ())}
    there = at in allowed
    yield (
        Place.STAGE,
        Finding(
            code="version.stage",
            state=State.MET if there else State.OPEN,
            sentence=f"The version stands at {_label(VersionStage, at)}"
            + ("." if there else f", not at {_label(VersionStage, section.from_stage)}."),
            requirement="Steps in order",
            owner_role=Role.DEVELOPER.value,
            clears="" if there else f"Move the version to {_label(VersionStage, section.from_stage)}.",
        ),
    )


def _demanded(dossier: Dossier, section: Section) -> list[Row]:
    found: list[Row] = []
    for requirement in section.requirements:
        findings, place, disturbs = requirement.findings(dossier), requirement.place, requirement.disturbs
        found += [(place, finding, disturbs(finding)) for finding in findings]
        if not findings:
            sentence = f"The demand “{requirement.name}” says nothing about these facts."
            found.append((Place.POLICY, _policy_line("policy.silent", sentence), False))
    if not section.requirements:
        sentence = "The policy asks for nothing at this step, so nothing shows that it may be taken."
        found.append((Place.POLICY, _policy_line("policy.empty", sentence), False))
    return found


def _holds_until(dossier: Dossier, section: Section) -> datetime | None:
    ends = [requirement.holds_until(dossier) for requirement in section.requirements]
    ends += [*waiving.ends(dossier), *emergency.ends(dossier)]
    return earliest([end for end in ends if end is not None])


def _decision(
    dossier: Dossier, lines: list[Line], holds_until: datetime | None, waivers: tuple[str, ...] = ()
) -> GateDecision:
    findings = tuple(line.finding for line in lines)
    reference = dossier.policy
    return GateDecision(
        verdict=_verdict(findings),
        transition=dossier.step.name if dossier.step else "",
        subject_digest=subject.subject_digest(dossier),
        policy=PolicyReference(reference.name, reference.number, reference.digest) if reference else None,
        findings=findings,
        unblock_plan=plan.shortest(lines),
        holds_until=holds_until,
        waivers=waivers,
    )


def _verdict(findings: tuple[Finding, ...]) -> Verdict:
    if not findings or any(finding.blocks for finding in findings):
        return Verdict.DENY
    return Verdict.ALLOW if all(finding.met for finding in findings) else Verdict.ALLOW_WITH_WAIVER


def _closed(dossier: Dossier, findings: list[Finding]) -> GateDecision:
    return _decision(dossier, plan.numbered([Line(Place.POLICY, finding) for finding in findings]), None)


def step_to(policy: Policy | None, environment: str) -> Step | None:
    """The step whose demands guard an environment, by the policy."""
    section = policy.environments.get(environment) if policy else None
    return Step(section.subject, section.from_stage, section.to_stage) if section else None


def _policy_line(code: str, sentence: str) -> Finding:
    clears = "Publish a policy that covers this system, step and environment."
    return _line(code, sentence, "Policy", Role.COMPLIANCE_OFFICER, clears)


def _line(code: str, sentence: str, requirement: str, owner: Role, clears: str) -> Finding:
    return Finding(code, State.OPEN, sentence, requirement, owner.value, clears)


def _label(kind: type[SystemStage] | type[VersionStage], stage: str) -> str:
    return f"“{kind(stage).label.lower()}”"
