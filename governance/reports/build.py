"""Dossier and stored evidence → ReportDocument. Every number and sentence is bound to an entry of the evidence list."""

from dataclasses import dataclass

from governance.gates import codec, evidence
from governance.gates.spec import Dossier
from governance.reports import assurance, exceptions, numbers, people
from governance.reports.document import Binding, Framework, ReportDocument, Subject, Summary
from governance.reports.material import Material, RunMaterial, gather
from governance.reports.records import (
    ColumnRole,
    Dataset,
    Dropped,
    Environment,
    Evidence,
    LedgerPosition,
    Library,
    LineageStep,
    Narrative,
    Untested,
)
from governance.reports.values import DIGEST, Cited, Fact, State, Statement
from registry.ledger import chain

TITLE = "Independent validation report"
# Obligations of frameworks come with their data; the report says whose structure it follows and when that was checked.
GUIDANCE = Framework("SR 26-2 (formerly SR 11-7)", "model risk management", "0.1", "20 Nov 2026")
NOT_TESTED = (
    ("Drift", "No production data exist before the first release."),
    ("Robustness to noise and missing values", "The plan of this version does not contain it."),
    ("Out-of-time stability", "The plan measures one snapshot."),
    ("Reason-code faithfulness", "No reason codes are registered for this version."),
)


@dataclass(frozen=True)
class Register:
    """The evidence list under construction: what is cited, and under which id."""

    entries: tuple[Evidence, ...]
    ids: dict[str, str]

    def __getitem__(self, key: str) -> str:
        return self.ids[key]


def validation_report(dossier: Dossier) -> ReportDocument:
    """The independent validation report of the dossier's version."""
    material = gather(dossier)
    register = _register(material)
    log, subject = register["log"], register["artifact"]

    def told(part: str) -> tuple[Narrative, ...]:
        return people.narratives(material, part, register.ids)

    runs = [(run, register[run.facts.id], register[run.facts.plan]) for run in material.runs]
    return ReportDocument(
        title=TITLE,
        subject=_subject(material),
        binding=_binding(material),
        framework=GUIDANCE,
        summary=_summary(material, log),
        scope=told("scope"),
        model=told("model"),
        soundness=told("soundness"),
        implementation=told("implementation"),
        monitoring=told("monitoring"),
        independence=(*people.independence(material, log), *assurance.attempts(material, log)),
        training=_training(material, subject),
        datasets=_datasets(material, register),
        lineage=_lineage(material),
        interval_note=_interval_note(material, register),
        performance=tuple(table for run, source, _ in runs for table in numbers.performance(run, source)),
        comparisons=tuple(c for run, source, plan in runs for c in numbers.comparisons(run, source, plan)),
        explanation=next((e for run, source, _ in runs if (e := numbers.explanation(run, source))), None),
        checks=tuple(line for run, source, plan in runs for line in numbers.checks(run, source, plan)),
        limits=_limits(material, register),
        findings=(*people.findings(material, log), *exceptions.issues(material, log)),
        untested=_untested(material, log),
        waivers=exceptions.waivers(material, register.ids),
        challenges=people.challenges(material, register.ids),
        documents=people.document_lines(material, register.ids),
        next_review=(Fact("Due", text="as the monitoring plan says, at the latest one year after release"),),
        opinion=people.opinion(material, register.ids),
        approvals=people.approvals(material, register.ids),
        ledger=LedgerPosition(
            dossier.log.origin,
            Cited(dossier.log.size, log, "entries"),
            _root(dossier),
            dossier.now,
        ),
        environment=_environment(material, log),
        evidence=register.entries,
        loosened=assurance.loosened(material, log),
    )


def _subject(material: Material) -> Subject:
    version, system = material.version, material.version.model.system
    return Subject(
        organisation=system.organisation.name,
        system=system.name,
        risk_tier=system.risk_tier,
        model=version.model.slug,
        version=version.version,
        stage=version.get_stage_display().lower(),
        artifact_digest=version.artifact.digest,
        artifact_format=version.format,
    )


def _binding(material: Material) -> Binding:
    dossier, policy = material.dossier, material.dossier.policy
    return Binding(
        subject_digest=material.decision.subject_digest,
        dossier_digest=codec.digest(dossier),
        dossier_at=dossier.now,
        policy_name=policy.name if policy else "none published",
        policy_version=str(policy.number) if policy else "–",
        policy_digest=policy.digest if policy else chain.digest(b""),
    )


def _summary(material: Material, log: str) -> Summary:
    lines = [check for run in material.runs for check in run.checks]
    passed = sum(check["verdict"] == "passed" for check in lines)
    failed = [check for check in lines if check["verdict"] == "failed"]
    undecided = [check for check in lines if check["verdict"] in {"insufficient", "errored"}]
    name = f"{material.version.model.slug} {material.version.version}"
    if not lines:
        state, headline = State.INSUFFICIENT, f"Nothing was measured for {name}, so nothing is shown."
    elif failed:
        state, headline = State.FAILED, f"{name} does not clear every bar that was set beforehand."
    elif undecided:
        state, headline = State.INSUFFICIENT, f"The evidence on {name} does not decide every check."
    else:
        state, headline = State.PASSED, f"{name} clears every bar that was set beforehand."
    points = [
        f"{passed} of {len(lines)} checks passed, {len(failed)} failed, {len(undecided)} are undecided."
    ]
    points += [*exceptions.points(material), *(str(check["sentence"]) for check in (*failed, *undecided))]
    return Summary(state, Statement(headline, (log,)), tuple(Statement(point, (log,)) for point in points))


def _training(material: Material, source: str) -> tuple[Fact, ...]:
    record = material.version.training
    facts = [Fact("Registered by", text=material.version.created_by.display_name)]
    facts.append(Fact("Registered", at=material.version.created_at))
    if commit := record.get("code_commit"):
        facts.append(Fact("Code commit", text=str(commit)))
    environment = str(record.get("environment_digest", ""))
    if DIGEST.fullmatch(environment):
        facts.append(Fact("Environment", digest=environment))
    facts += [
        Fact(f"Parameter {name}", text=str(value))
        for name, value in sorted((record.get("parameters") or {}).items())
    ]
    return tuple(facts)


def _datasets(material: Material, register: Register) -> tuple[Dataset, ...]:
    measured = {str(run.run.plan.dataset_version_id): run for run in material.runs}
    pinned = {dataset.id for dataset in material.dossier.datasets if dataset.pinned}
    found = []
    for snapshot in material.snapshots:
        key, run = str(snapshot.pk), measured.get(str(snapshot.pk))
        used = ["training"] if key in pinned and run is None else []
        used += ["this audit"] if run else []
        source = register[key]
        read = dict(run.evidence.read or {}) if run else {}
        rows = read.get("rows_read")
        found.append(
            Dataset(
                name=snapshot.dataset.slug,
                version=snapshot.version,
                used_for=" and ".join(used) or "reference",
                digest=snapshot.artifact.digest,
                evidence_id=source,
                rows=Cited(int(rows), register[run.facts.id], "rows")
                if run and rows is not None
                else Cited(None, source, reason="not counted here"),
                columns=tuple(ColumnRole(c["name"], c["role"], c["type"]) for c in snapshot.columns),
                dropped=tuple(
                    Dropped(str(reason), Cited(int(count), register[run.facts.id], "rows"))
                    for reason, count in (read.get("dropped") or {}).items()
                    if run
                ),
            )
        )
    return tuple(found)


def _lineage(material: Material) -> tuple[LineageStep, ...]:
    pinned = {dataset.id for dataset in material.dossier.datasets if dataset.pinned}
    made_from = tuple(str(snapshot) for snapshot in material.snapshots if str(snapshot.pk) in pinned)
    version = LineageStep("model version", str(material.version), material.version.artifact.digest, made_from)
    data = (LineageStep("dataset version", str(s), s.artifact.digest, ()) for s in material.snapshots)
    return (version, *data)


def _interval_note(material: Material, register: Register) -> Statement:
    if not material.runs:
        return Statement("Nothing was measured.", (register["log"],))
    run = material.runs[0]
    text = "Intervals are 95 % intervals from resampling the counted cells, unless a table says otherwise."
    return Statement(text, (register[run.facts.plan],))


def _limits(material: Material, register: Register) -> tuple[Statement, ...]:
    wanted = {"Out of scope", "Foreseeable misuse", "Caveats and recommendations", "Uses to avoid"}
    return tuple(
        Statement(f"{section}: {text}", (register[str(document.pk)],))
        for document in material.documents
        for section, text in document.told()
        if section in wanted and text.strip()
    )


def _untested(material: Material, log: str) -> tuple[Untested, ...]:
    found = [Untested(subject, Statement(reason, (log,))) for subject, reason in NOT_TESTED]
    if not any(run.evidence.explanation for run in material.runs):
        found.append(Untested("Explanation", Statement("The run has no explanation of this model.", (log,))))
    return tuple(found)


def _environment(material: Material, log: str) -> Environment:
    run: RunMaterial | None = material.runs[0] if material.runs else None
    versions = dict(run.evidence.versions) if run else {}
    return Environment(
        Cited(run.facts.seed, log) if run else Cited(None, log, reason="nothing was measured"),
        (Fact("Measured by", text=f"Assay {run.facts.code_version}"),) if run else (),
        tuple(Library(str(name), str(value)) for name, value in sorted(versions.items())),
    )


def _root(dossier: Dossier) -> str:
    return f"sha256:{dossier.log.root}"


def _register(material: Material) -> Register:
    """Number everything that may be cited, in a fixed order."""
    dossier, rows = material.dossier, list[tuple[str, str, str, str, str]]()
    version = material.version
    rows.append(("artifact", "model version", str(version), version.artifact.digest, "uploaded"))
    rows.append(("log", "log", f"Log up to entry {dossier.log.size}", _root(dossier), "measured"))
    for run in material.runs:
        plan, on = run.run.plan, run.run.plan.dataset_version
        title = f"Plan sealed before the run on {on}"
        rows.append((run.facts.plan, "check plan", title, plan.digest, "measured"))
        level = evidence.assurance(dossier, run.facts).level
        rows.append((run.facts.id, "audit run", f"Audit on {on}", run.facts.result_digest, level))
    rows += [
        (str(s.pk), "dataset version", str(s), s.artifact.digest, "uploaded") for s in material.snapshots
    ]
    rows += [
        (str(d.pk), "document", f"{d.title}, number {d.number}", d.digest, "attested")
        for d in material.documents
    ]
    rows += [
        (
            str(v.pk),
            "vote",
            f"{v.get_verdict_display()} by {v.voter.display_name}",
            v.subject_digest,
            "attested",
        )
        for v in material.votes
    ]
    rows += [
        (str(w.pk), "waiver", f"Waiver asked for by {w.requested_by.display_name}", w.digest, "attested")
        for w in material.waivers
    ]
    ids = {key: f"E{number}" for number, (key, *_) in enumerate(rows, start=1)}
    entries = tuple(
        Evidence(ids[key], kind, title, digest, level, dossier.now)
        for key, kind, title, digest, level in rows
    )
    return Register(entries, ids)
