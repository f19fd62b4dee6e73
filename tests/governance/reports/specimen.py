"""A complete validation report of an invented credit model, for tests and for looking at pages."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from governance.reports.codec import from_json, to_json
from governance.reports.document import Binding, Framework, ReportDocument, Subject, Summary
from governance.reports.measured import (
    CheckLine,
    Column,
    Comparison,
    Explanation,
    GroupLine,
    Importance,
    MeasurementTable,
    Row,
)
from governance.reports.records import (
    Approval,
    Challenge,
    ColumnRole,
    Dataset,
    DocumentLine,
    Dropped,
    Environment,
    Evidence,
    Finding,
    LedgerPosition,
    Library,
    LineageStep,
    Narrative,
    Opinion,
    Untested,
    Waiver,
)
from governance.reports.values import Cited, Estimate, Fact, State, Statement

DAY = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
RUN, PLAN, DATA, TRAIN, USE, CARD, LOG, VOTE, ENV, SHAP = (f"E{number}" for number in range(1, 11))


def digest(of: str) -> str:
    """A digest of some invented bytes."""
    return f"sha256:{hashlib.sha256(of.encode()).hexdigest()}"


def says(text: str, *evidence: str) -> Statement:
    return Statement(text, evidence or (RUN,))


def measured(
    value: float | None, half: float = 0.02, n: int = 6604, digits: int = 3, reason: str = ""
) -> Estimate:
    low, high = (None, None) if value is None else (round(value - half, 4), round(value + half, 4))
    return Estimate.of(value, low, high, n, evidence_id=RUN, digits=digits, reason=reason)


def reference(n: int) -> Estimate:
    """The group the others are compared with: one by definition, without an interval."""
    return Estimate.of(1.0, None, None, n, evidence_id=RUN)


TOO_FEW = "fewer than 30 rows"


def _subject() -> Subject:
    return Subject(
        organisation="Fabrikam Bank",
        system="Consumer credit decisions",
        risk_tier="high",
        model="credit-scoring",
        version="v2",
        stage="validation, asking for compliance",
        artifact_digest=digest("model"),
        artifact_format="xgboost_json",
    )


def _narratives() -> dict[str, Any]:
    return {
        "scope": (
            Narrative("Purpose of this validation", (
                says("Initial validation of version v2 before production, at the request of the business owner.", USE),
                says("It covers outcomes, bias and explanations on held-out decisions; conceptual soundness was judged "
                     "on the documents the developers supplied.", PLAN),
            ), "validator"),
            Narrative("Method", (
                says("The plan was sealed before the run. Every measurement was repeated by resampling cells.", PLAN),
            ), "validator"),
        ),
        "model": (
            Narrative("Description", (
                says("Gradient-boosted trees score the probability that a consumer loan is repaid; decisions follow at "
                     "a fixed threshold.", CARD),
            ), "developer"),
            Narrative("Intended use and users", (
                says("Supports loan officers for unsecured consumer loans. Not for mortgages, not for pricing.", USE),
            ), "business owner"),
            Narrative("Dependencies and vendor parts", (), "developer"),
        ),
        "soundness": (
            Narrative("Theory, alternatives and assumptions", (
                says("A logistic scorecard and a random forest were tried; the chosen model had the best calibration "
                     "in the out-of-time year.", CARD),
                says("Repayment behaviour is assumed to be stable between the training and the decision year.", CARD),
            ), "developer"),
        ),
        "implementation": (
            Narrative("Replay and change control", (
                says("Scores of the deployed artifact were replayed from its digest and agreed with the recorded "
                     "predictions in every row.", RUN),
            ), "validator"),
        ),
        "monitoring": (Narrative("Monitoring plan", (), "operator"),),
    }  # fmt: skip


def _performance() -> tuple[MeasurementTable, ...]:
    columns = (Column("AUC"), Column("accuracy"), Column("true positive rate"), Column("false positive rate"),
               Column("Brier score"), Column("log loss"))  # fmt: skip
    groups = (("all rows", 6604, (0.842, 0.781, 0.803, 0.241, 0.148, 0.452)),
              ("female", 1204, (0.829, 0.764, 0.778, 0.259, 0.157, 0.471)),
              ("male", 5393, (0.846, 0.785, 0.809, 0.237, 0.146, 0.448)),
              ("not stated", 7, (None,) * 6))  # fmt: skip
    rows = tuple(
        Row(label, Cited(n, RUN), tuple(
            measured(value, 0.6 / n**0.5, n, reason="" if value is not None else TOO_FEW) for value in values))
        for label, n, values in groups
    )  # fmt: skip
    return (MeasurementTable("Performance by sex", "sex", columns, rows),)


def _comparisons() -> tuple[Comparison, ...]:
    by_sex = (
        GroupLine("male", measured(0.612, 0.013, 5393), reference(5393), None),
        GroupLine("female", measured(0.511, 0.028, 1204), measured(0.835, 0.026, 1204), State.PASSED),
        GroupLine("not stated", measured(None, n=7, reason=TOO_FEW), measured(None, n=7, reason=TOO_FEW),
                  State.INSUFFICIENT),
    )  # fmt: skip
    ages = (("under 25", 612, 0.71, State.FAILED), ("25 to 34", 1840, 0.93, State.PASSED),
            ("35 to 49", 2305, 1.0, None), ("50 to 64", 1490, 0.97, State.PASSED),
            ("65 and over", 357, 0.82, State.INSUFFICIENT))  # fmt: skip
    by_age = tuple(
        GroupLine(
            group,
            measured(ratio * 0.6, 0.9 / n**0.5, n),
            measured(ratio, 1.4 / n**0.5, n) if state else reference(n),
            state,
        )
        for group, n, ratio, state in ages
    )
    bar = Cited(0.8, PLAN, digits=2)
    shared: dict[str, Any] = {"rate_title": "selection rate", "relation_title": "impact ratio", "bar": bar,
                              "comparison": "at least"}  # fmt: skip
    return (
        Comparison(attribute="sex", reference="male", verdict=State.PASSED, groups=by_sex,
                   sentence=says("The lowest impact ratio is 0.835 [0.809, 0.861] for female; it clears the bar."),
                   **shared),
        Comparison(attribute="age", reference="35 to 49", verdict=State.FAILED, groups=by_age,
                   sentence=says("The lowest impact ratio is 0.71 for under 25; its interval lies below the bar."),
                   **shared),
    )  # fmt: skip


def _explanation() -> Explanation:
    names = ("income", "debt_to_income", "months_employed", "open_accounts", "credit_history_years", "late_payments",
             "requested_amount", "age", "housing_cost", "region_risk", "savings_balance", "channel")  # fmt: skip
    importance = tuple(
        Importance(name, Estimate.of(round(0.52 / (1.35**rank), 4), round(0.49 / (1.35**rank), 4),
                                     round(0.55 / (1.35**rank), 4), 2000, evidence_id=SHAP))
        for rank, name in enumerate(names)
    )  # fmt: skip
    rows = tuple(
        Row(feature, Cited(2000, SHAP), tuple(
            Estimate.of(round(0.5 / (1.3**rank) * factor, 4), None, None, 1000, evidence_id=SHAP)
            for factor in (1.0, 1.08)))
        for rank, feature in enumerate(names[:5])
    )  # fmt: skip
    return Explanation(
        method="Exact tree attributions computed by the booster itself, in a sandbox",
        output="log-odds of repayment",
        facts=(
            Fact("Rows explained", number=Cited(2000, SHAP, "rows")),
            Fact("Base value", number=Cited(0.4137, SHAP, "log-odds", 4)),
            Fact("Largest additivity error", number=Cited(0.0000021, SHAP, "", 7)),
        ),
        importance=importance,
        by_group=(MeasurementTable("Mean absolute attribution by sex", "feature",
                                   (Column("male"), Column("female")), rows),),
        limits=(says("Attributions describe this model, not the causes of repayment.", SHAP),
                says("Correlated features share their attribution.", SHAP)),
    )  # fmt: skip


def _checks() -> tuple[CheckLine, ...]:
    def line(name: str, subject: str, value: Estimate, comparison: str, bar: float, verdict: State, text: str,
             severity: str = "blocking") -> CheckLine:  # fmt: skip
        return CheckLine(
            name, subject, value, comparison, Cited(bar, PLAN, digits=2), verdict, says(text), severity
        )

    return (
        line("Discrimination", "all rows", measured(0.842, 0.009), "at least", 0.75, State.PASSED,
             "AUC is 0.842 [0.833, 0.851]; the bar is at least 0.75."),
        line("Calibration", "all rows", measured(0.148, 0.004), "at most", 0.2, State.PASSED,
             "The Brier score is 0.148 [0.144, 0.152]; the bar is at most 0.20."),
        line("Impact ratio by sex", "female", measured(0.835, 0.026, 1204), "at least", 0.8, State.PASSED,
             "The impact ratio of female is 0.835 [0.809, 0.861]; the bar is at least 0.80."),
        line("Impact ratio by age", "under 25", measured(0.71, 0.0566, 612), "at least", 0.8, State.FAILED,
             "The impact ratio of under 25 is 0.710 [0.653, 0.767]; the bar is at least 0.80."),
        line("Equal opportunity by age", "65 and over", measured(0.074, 0.05, 357), "at most", 0.1, State.INSUFFICIENT,
             "The difference is 0.074 [0.024, 0.124] and straddles the bar of 0.10; about 900 rows would decide it."),
        line("Stability against the champion", "all rows", measured(None, reason="no champion is in production"),
             "at most", 0.1, State.INSUFFICIENT, "There is no champion to compare with.", "advisory"),
        line("Explanations add up", "sampled rows", measured(0.0000021, 0.0, 2000, 7), "at most", 0.001, State.PASSED,
             "The largest additivity error is 0.0000021; the bar is at most 0.001.", "advisory"),
    )  # fmt: skip


def _datasets() -> tuple[Dataset, ...]:
    columns = tuple(ColumnRole(*row) for row in (
        ("repaid", "label", "text"), ("approved", "prediction", "text"), ("score", "score", "decimal"),
        ("sex", "sensitive", "text"), ("age", "sensitive", "text"), ("income", "feature", "decimal"),
        ("debt_to_income", "feature", "decimal"), ("months_employed", "feature", "integer")))  # fmt: skip
    return (
        Dataset("loan decisions", "2025-Q4", "evaluation", digest("data"), DATA, Cited(6612, DATA, "rows"), columns,
                facts=(Fact("Window", text="1 October to 31 December 2025"),
                       Fact("Source", text="core banking extract, legal basis: contract"),
                       Fact("Uploaded", at=datetime(2026, 11, 18, 9, 12, tzinfo=UTC))),
                dropped=(Dropped("no label recorded", Cited(8, DATA, "rows")),)),
        Dataset("loan decisions", "2023 to 2024", "training", digest("train"), TRAIN, Cited(48_310, TRAIN, "rows"), ()),
    )  # fmt: skip


def _records() -> dict[str, Any]:
    return {
        "findings": (
            Finding("F-1", "high", State.FAILED,
                    says("Applicants under 25 are selected at 0.71 of the rate of the reference group."),
                    "developer", "a version whose interval for under 25 lies above the bar, or a documented reason.",
                    date(2026, 12, 18)),
            Finding("F-2", "medium", State.INSUFFICIENT,
                    says("Equal opportunity for 65 and over cannot be decided on 357 rows."), "data steward",
                    "about 900 decisions of this age group."),
            Finding("F-3", "low", State.PASSED, says("The model card lacked its caveats; they were added.", CARD),
                    "developer", "done."),
        ),
        "untested": (
            Untested("Robustness to missing values", says("The plan does not contain it yet.", PLAN)),
            Untested("Out-of-time year 2026", says("No labels exist before March 2027.", DATA)),
            Untested("Reason-code faithfulness", says("No reason codes are registered for this version.", CARD)),
        ),
        "waivers": (
            Waiver("Monitoring plan present", says("The plan follows with the operator's tool change.", USE),
                   "Boris Ortega (business owner)", ("Clara Lund (compliance officer)", "Rosa Adeyemi (reviewer)"),
                   datetime(2026, 11, 19, 8, 0, tzinfo=UTC), datetime(2027, 1, 31, 23, 59, tzinfo=UTC)),
        ),
        "challenges": (
            Challenge(says("Why is the applicant's age a feature at all?", CARD), "Vera Lindqvist",
                      "It stabilises the calibration of long histories.",
                      "An ablation without age was run and is attached to the model card."),
        ),
        "documents": (
            DocumentLine("intended_use_statement", "Intended-use statement", "3", State.PASSED, digest("use"), USE,
                         datetime(2026, 10, 2, 10, 0, tzinfo=UTC)),
            DocumentLine("model_card", "Model card", "5", State.PASSED, digest("card"), CARD,
                         datetime(2026, 11, 17, 16, 40, tzinfo=UTC)),
            DocumentLine("dataset_datasheet", "Datasheet of loan decisions", "1", State.STALE, digest("sheet"), DATA,
                         datetime(2025, 12, 1, 9, 0, tzinfo=UTC), "written for an earlier snapshot; data steward"),
            DocumentLine("monitoring_plan", "Monitoring plan", "", State.WAIVED, note="waived until 31 January 2027"),
        ),
    }  # fmt: skip


def _people() -> dict[str, Any]:
    return {
        "opinion": Opinion("Approve with conditions.", State.WAIVED, "Vera Lindqvist (validator)", DAY,
                           (says("The model discriminates and calibrates well within its intended use."),),
                           (says("Loans of applicants under 25 are decided by a loan officer until F-1 is closed."),)),
        "approvals": (
            Approval("validator", State.PASSED, "Vera Lindqvist", DAY, digest("subject"), VOTE,
                     "With the condition stated in the opinion."),
            Approval("compliance officer", State.STALE, "Clara Lund", datetime(2026, 11, 12, 9, 30, tzinfo=UTC),
                     digest("older subject"), VOTE),
            Approval("approver", State.WAITING),
        ),
        "independence": (
            Fact("Validator", text="Vera Lindqvist, Model Validation, reports to the chief risk officer"),
            Fact("Part in development", text="none: neither author, nor data owner, nor committer of this version"),
            Fact("Earlier runs on this model", number=Cited(4, LOG, "runs")),
            Fact("Of these, not passed", number=Cited(3, LOG, "runs")),
        ),
        "training": (
            Fact("Code commit", text="9f31c0de77ab12"),
            Fact("Environment", digest=digest("environment")),
            Fact("Trees", number=Cited(240, TRAIN)),
            Fact("Learning rate", number=Cited(0.08, TRAIN, digits=2)),
            Fact("Trained", at=datetime(2026, 11, 16, 21, 4, tzinfo=UTC)),
        ),
        "next_review": (Fact("Due", text="20 May 2027"), Fact("Or when", text="a monitor confirms a breach")),
    }  # fmt: skip


def _evidence() -> tuple[Evidence, ...]:
    entries = (
        (RUN, "audit run", "Audit of credit-scoring v2 on loan decisions 2025-Q4", "measured"),
        (PLAN, "check plan", "Plan high-risk credit, sealed before the run", "measured"),
        (DATA, "dataset version", "loan decisions 2025-Q4", "uploaded"),
        (TRAIN, "training run record", "Training of credit-scoring v2", "attested"),
        (USE, "document", "Intended-use statement, version 3", "attested"),
        (CARD, "document", "Model card, version 5", "attested"),
        (LOG, "log", "Log of Fabrikam Bank up to the position stated", "measured"),
        (VOTE, "approval request", "Approval request for compliance", "attested"),
        (ENV, "environment record", "Worker environment of the audit run", "measured"),
        (SHAP, "explanation", "Attributions of the audit run", "measured"),
    )
    return tuple(Evidence(one, kind, title, digest(title), level, DAY) for one, kind, title, level in entries)


def specimen() -> ReportDocument:
    """The document: one check failed, one undecided, one signature given, one stale, one waited for."""
    return ReportDocument(
        title="Independent validation report",
        subject=_subject(),
        binding=Binding(digest("subject"), digest("dossier"), DAY, "high-risk", "4", digest("policy")),
        framework=Framework("SR 26-2", "model risk management guidance", "0.1", "20 Nov 2026"),
        summary=Summary(
            State.FAILED,
            says("Version v2 does not clear every bar: the impact ratio of applicants under 25 is too low."),
            (says("Four of seven checks pass, one fails, and two cannot be decided on the data at hand."),
             says("Discrimination and calibration clear their bars in every group that is large enough.")),
        ),
        **_narratives(),
        **_people(),
        **_records(),
        datasets=_datasets(),
        lineage=(
            LineageStep("model version", "credit-scoring v2", digest("model"), ("loan decisions 2023 to 2024",)),
            LineageStep("dataset version", "loan decisions 2023 to 2024", digest("train"), ()),
            LineageStep("dataset version", "loan decisions 2025-Q4", digest("data"), ()),
        ),
        interval_note=says("Intervals are 95 % bootstrap intervals from 2 000 resamples of the cells.", PLAN),
        performance=_performance(),
        comparisons=_comparisons(),
        explanation=_explanation(),
        checks=_checks(),
        limits=(says("For unsecured consumer loans up to 30 000 euros only.", USE),
                says("Not for applicants without a credit history.", USE)),
        ledger=LedgerPosition("fabrikam-bank/assay", Cited(1842, LOG, "entries"), digest("root"), DAY,
                              says("The checkpoint of this position was witnessed by two parties.", LOG)),
        environment=Environment(
            Cited(20261120, ENV),
            (Fact("Code", text="assay 0.1.0"), Fact("Python", text="3.13"), Fact("Environment", digest=digest("env"))),
            tuple(Library(*row) for row in (("duckdb", "2.0.0"), ("fairlearn", "0.15.0"), ("xgboost", "3.4.1"))),
        ),
        evidence=_evidence(),
    )  # fmt: skip


MOMENTS = {"at", "dossier_at", "due", "valid_from", "valid_until"}
FIXED = MOMENTS | {"evidence_id", "id", "language", "schema", "state", "verdict"}


def with_texts(change: Callable[[str], str]) -> ReportDocument:
    """The specimen with every free text changed; digests, times, states, ids and the schema stay."""

    def changed(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: changed(one, key) for key, one in value.items()}
        if isinstance(value, list):
            cites = name == "evidence" and all(isinstance(one, str) for one in value)
            return value if cites else [changed(one, name) for one in value]
        fixed = name in FIXED or name.endswith("digest")
        return value if fixed or not isinstance(value, str) or not value else change(value)

    return from_json(json.dumps(changed(json.loads(to_json(specimen())))))
