"""Names of documents, as they stand in the words of a waived line."""

from __future__ import annotations

_OTHERWISE = {
    "intended_use_statement": "Intended-use statement",
    "processing_record": "Record of processing",
    "dpia": "Data protection impact assessment",
    "fria": "Fundamental rights impact assessment",
    "data_quality_report": "Data-quality report",
    "declaration_of_conformity": "EU declaration of conformity",
    "adverse_action_record": "Adverse-action record",
    "stakeholder_consultation": "Stakeholder consultation record",
}
KINDS = [
    "problem_definition",
    "intended_use_statement",
    "risk_classification_record",
    "risk_assessment",
    "processing_record",
    "dataset_datasheet",
    "feature_documentation",
    "proxy_review",
    "model_card",
    "human_oversight_plan",
    "instructions_for_use",
    "monitoring_plan",
    "incident_plan",
    "dpia",
    "fria",
    "data_quality_report",
    "robustness_test",
    "security_test",
    "logging_plan",
    "declaration_of_conformity",
    "registration_record",
    "technical_documentation_file",
    "governance_policy",
    "competence_record",
    "vendor_documentation",
    "notice_record",
    "adverse_action_record",
    "public_disclosure",
    "quality_management_record",
    "conformity_assessment_record",
    "stakeholder_consultation",
    "appeal_and_complaint_record",
    "retention_schedule",
    "monitoring_report",
    "incident_record",
    "decommission_record",
    "internal_audit_report",
    "management_review",
    "resource_record",
]


def title(kind: str) -> str:
    """`Model card`."""
    return _OTHERWISE.get(kind, kind.replace("_", " ").capitalize())


def lower(kind: str) -> str:
    """`model card`, `eU declaration of conformity`: only the first letter is made small."""
    found = title(kind)
    return found[0].lower() + found[1:]
