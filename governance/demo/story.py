"""What the people of Northbank wrote down before they asked for anything."""

from typing import Final

SYSTEM: Final = {
    "slug": "credit-scoring",
    "name": "Consumer credit scoring",
    "purpose": (
        "Estimate how likely an applicant is to repay an instalment loan of up to 15,000 euros, so that a loan officer"
        " can accept, decline or look closer. The officer decides; the score is one input."
    ),
    "risk_tier": "high",
    "jurisdictions": ["EU", "DE"],
}

PROBLEM_DEFINITION: Final = {
    "Business decision": "Accept, decline or refer an application for an instalment loan.",
    "Affected people": "Applicants, about 40,000 a year; their households.",
    "Alternatives considered": "The points table in use since 2011; a scorecard by an outside bureau; no score at all.",
    "Success criteria": (
        "At least the accuracy of always guessing the larger class, no group of applicants selected at less than four"
        " fifths of the rate of another, and a reason an officer can tell the applicant."
    ),
}
INTENDED_USE: Final = {
    "Intended purpose": "Score first-time applications for instalment loans by private persons.",
    "Users": "Loan officers in branches and in the call centre, trained on the score.",
    "Out of scope": "Mortgages, business loans, limit increases, collections, marketing.",
    "Foreseeable misuse": "Declining without looking at the application because the score is low.",
}
RISK_CLASSIFICATION: Final = {
    "Tier": "High: Annex III point 5(b), creditworthiness of natural persons.",
    "Role": "Provider and deployer.",
    "Reasoning": "The score decides on access to an essential private service; no exception applies.",
}
RISK_ASSESSMENT: Final = {
    "Harm": "A worthy applicant is declined; whole groups are declined more often than their repayment justifies.",
    "Controls": "Bias audit with intervals before release, human decision, complaint route, monthly monitoring.",
    "Residual risk": "Accepted by the business owner while the impact ratio stays above four fifths.",
}
DATASHEET: Final = {
    "Motivation": "Predict repayment of instalment loans from the application.",
    "Composition": "Applications of 2023 and 2024, one row each, with the repayment outcome after twelve months.",
    "Collection": "From the core banking system by the data steward; applicants were told when applying.",
    "Uses to avoid": "Anything but instalment loans of private persons.",
    "Maintenance": "A new snapshot each quarter; snapshots are never changed.",
}
LAWFUL_BASIS: Final = {
    "Description and purposes": "Automated support of a credit decision, Art. 6(1)(b) GDPR.",
    "Necessity and proportionality": "Sex and age are kept apart from the features, for auditing only.",
    "Risks": "Unequal treatment; wrong data on an applicant.",
    "Measures": "Bias audit, right to correction and human review, retention of five years.",
}
LAWFUL_BASIS_RECORD: Final = {
    "Basis": "Art. 6(1)(b) GDPR: steps before a contract; Art. 6(1)(f) for monitoring.",
    "Purpose": "Support the decision on an instalment loan.",
    "Data subjects": "Applicants for instalment loans.",
    "Retention": "Five years after the decision.",
    "Special categories": "None. Sex and age band are kept apart from the features, for auditing only.",
}
FEATURES: Final = {
    "features": {
        name: {"definition": definition, "source": source, "rationale": rationale}
        for name, definition, source, rationale in (
            ("annual_income", "Gross income of a year, in euros", "application form", "ability to repay"),
            ("debt_ratio", "Monthly debt over monthly income", "application form and bureau", "room left"),
            ("credit_utilisation", "Share of credit lines in use", "bureau", "room left"),
            ("late_payments_24m", "Payments late in two years", "bureau", "willingness to repay"),
            ("history_months", "Months of credit history", "bureau", "how much is known"),
            ("employment_years", "Years with the employer", "application form", "stability of income"),
            ("region_score", "Unemployment index of the region, 1 to 99", "statistics office", "outlook"),
            ("household_code", "Single, first or second earner", "old core system", "used since 2011"),
        )
    },
    "Availability": "Each is known when the application is made.",
}
PROXY_REVIEW: Final = {
    "decisions": {
        "household_code": {
            "decision": "drop",
            "reason": (
                "It tells second earners from first, and eight times as many women as men are second earners. The old"
                " process wrote their loans off after 30 days instead of 90, so the recorded outcome blames them."
            ),
        },
        "history_months": {
            "decision": "keep",
            "reason": "It grows with age by nature; the bureau's rule is the same for everybody.",
        },
        "employment_years": {"decision": "keep", "reason": "It grows with age by nature, and weighs little."},
        "annual_income": {"decision": "keep", "reason": "The ability to repay is what is to be judged."},
    }
}
OVERSIGHT: Final = {
    "Who": "The loan officer on duty; the branch manager for referred cases.",
    "Override": "Officers decide against the score with a reason; overrides are sampled monthly.",
}
MONITORING: Final = {
    "Metrics": "Impact ratio by sex and age band, accuracy, drift of score and features.",
    "Cadence": "Monthly; weekly in the first quarter.",
    "Escalation": "Risk committee within five working days.",
}

# The questions of the risk questionnaire that Northbank answers with yes; all others with no.
APPLIES: Final = {
    "SC1": "It infers a probability of repayment from the application.",
    "SC2": "It is operated in Germany.",
    "RO1": "The score is developed in-house.",
    "RO2": "Loan officers of the bank use it.",
    "A3-5b": "It evaluates the creditworthiness of natural persons.",
    "EX-p": "It profiles applicants.",
}

SYSTEM_DOCUMENTS: Final = (
    ("dana", "problem_definition", "What the score is for", PROBLEM_DEFINITION),
    ("dana", "intended_use_statement", "Who may use the score for what", INTENDED_USE),
    ("cora", "risk_classification_record", "Why this is high risk", RISK_CLASSIFICATION),
    ("cora", "risk_assessment", "What can go wrong", RISK_ASSESSMENT),
    ("stefan", "dataset_datasheet", "Applications 2023 to 2024", DATASHEET),
    ("cora", "dpia", "Data protection impact assessment", LAWFUL_BASIS),
    ("cora", "processing_record", "Lawful basis and retention", LAWFUL_BASIS_RECORD),
    ("dana", "feature_documentation", "The eight features", FEATURES),
    ("dana", "human_oversight_plan", "Who can overrule the score", OVERSIGHT),
    ("dana", "monitoring_plan", "What is watched afterwards", MONITORING),
)


def model_card(version: str, says: str) -> dict[str, str]:
    """The model card of one version."""
    return {
        "Model details": f"Gradient-boosted trees (XGBoost), version {version}. {says}",
        "Intended use": "See the intended-use statement.",
        "Factors": "Sex and age band, alone and together.",
        "Metrics": "Accuracy, selection rate, impact ratio, true positive rate, each with a 95 % interval.",
        "Evaluation data": "The held-out test snapshot of the applications.",
        "Training data": "The training snapshot of the applications.",
        "Ethical considerations": "Refused credit hurts; differences between groups are measured before release.",
        "Caveats and recommendations": "Not tested on applicants below 21 or on business loans.",
    }
