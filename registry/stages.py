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

    @property
    def one(self) -> str:
        """One of them, in a sentence: `an owner`."""
        return f"{'an' if self.label[0] in 'AO' else 'a'} {self.label.lower()}"

    @property
    def somebody(self) -> str:
        """One of them, at the start of a sentence: `An owner`."""
        return self.one[0].upper() + self.one[1:]


# Kinds of documents and their names: the evidence of the frameworks' vocabulary that people write. What Assay itself
# shows (audit runs, the training record, votes, the log) is in `governance/gates/coverage.py` instead.
DOCUMENT_KINDS: Final[dict[str, str]] = {
    "problem_definition": "Problem definition",
    "intended_use_statement": "Intended-use statement",
    "risk_classification_record": "Risk classification record",
    "risk_assessment": "Risk assessment",
    "processing_record": "Record of processing",
    "dataset_datasheet": "Dataset datasheet",
    "feature_documentation": "Feature documentation",
    "proxy_review": "Proxy review",
    "model_card": "Model card",
    "human_oversight_plan": "Human oversight plan",
    "instructions_for_use": "Instructions for use",
    "monitoring_plan": "Monitoring plan",
    "incident_plan": "Incident plan",
    "dpia": "Data protection impact assessment",
    "fria": "Fundamental rights impact assessment",
    "data_quality_report": "Data-quality report",
    "robustness_test": "Robustness test",
    "security_test": "Security test",
    "logging_plan": "Logging plan",
    "declaration_of_conformity": "EU declaration of conformity",
    "registration_record": "Registration record",
    "technical_documentation_file": "Technical documentation file",
    "governance_policy": "Governance policy",
    "competence_record": "Competence record",
    "vendor_documentation": "Vendor documentation",
    "notice_record": "Notice record",
    "adverse_action_record": "Adverse-action record",
    "public_disclosure": "Public disclosure",
    "quality_management_record": "Quality management record",
    "conformity_assessment_record": "Conformity assessment record",
    "stakeholder_consultation": "Stakeholder consultation record",
    "appeal_and_complaint_record": "Appeal and complaint record",
    "retention_schedule": "Retention schedule",
    "monitoring_report": "Monitoring report",
    "incident_record": "Incident record",
    "decommission_record": "Decommission record",
    "internal_audit_report": "Internal audit report",
    "management_review": "Management review",
    "resource_record": "Resource record",
}
