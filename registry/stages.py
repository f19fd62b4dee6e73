"""The words of the lifecycle: stages, risk tiers, roles, documents. Words only; the rules about them live higher up."""

from typing import Final

from django.db.models import TextChoices


class SystemStage(TextChoices):
    """Where an AI system stands."""

    PROBLEM_DEFINITION = "problem_definition", "Problem definition"
    DATA_SOURCING = "data_sourcing", "Data sourcing"
    FEATURE_ENGINEERING = "feature_engineering", "Feature engineering"
    DEVELOPMENT = "development", "Development"
    LIVE = "live", "Live"
    RETIRED = "retired", "Retired"


class VersionStage(TextChoices):
    """Where a model version stands."""

    DEVELOPMENT = "development", "Development"
    VALIDATION = "validation", "Validation"
    COMPLIANCE = "compliance", "Compliance"
    PRODUCTION = "production", "Production"
    MONITORING = "monitoring", "Monitoring"
    SUSPENDED = "suspended", "Suspended"
    SUPERSEDED = "superseded", "Superseded"
    RETIRED = "retired", "Retired"
    REJECTED = "rejected", "Rejected"


class RiskTier(TextChoices):
    """How much a system can hurt; the words follow the EU AI Act."""

    MINIMAL = "minimal", "Minimal"
    LIMITED = "limited", "Limited"
    HIGH = "high", "High"
    UNACCEPTABLE = "unacceptable", "Unacceptable"


class Role(TextChoices):
    """What a person or service account is to an organisation or to one system."""

    OWNER = "owner", "Owner"
    DEVELOPER = "developer", "Developer"
    DATA_STEWARD = "data_steward", "Data steward"
    VALIDATOR = "validator", "Validator"
    REVIEWER = "reviewer", "Risk reviewer"
    COMPLIANCE_OFFICER = "compliance_officer", "Compliance officer"
    APPROVER = "approver", "Business approver"
    AUDITOR = "auditor", "Auditor"
    OPERATOR = "operator", "Operator"
    CI = "ci", "CI"


# Kinds of documents and their names; the vocabulary of the framework data.
DOCUMENT_KINDS: Final[dict[str, str]] = {
    "problem_definition": "Problem definition",
    "intended_use_statement": "Intended-use statement",
    "risk_classification_record": "Risk classification record",
    "risk_assessment": "Risk assessment",
    "dataset_datasheet": "Dataset datasheet",
    "feature_documentation": "Feature documentation",
    "model_card": "Model card",
    "human_oversight_plan": "Human oversight plan",
    "instructions_for_use": "Instructions for use",
    "monitoring_plan": "Monitoring plan",
    "incident_plan": "Incident plan",
    "dpia": "Data protection impact assessment",
    "fria": "Fundamental rights impact assessment",
}
