"""What each service writes into the log in one transaction, in its order: `a b? (c | d)*` over the codes of events.

A refused attempt has one entry of its own, whatever the service; so that stands nowhere here. What can come out as
nothing, because it was done already or nothing is due, ends in `?` or `*`.
"""

from typing import Final

ATTEMPT: Final = "access.denied"

_STEP = "decision.made? (transition.refused | transition.completed approval.used* review.scheduled?)"
_LEAVES = (
    "(delegation.revoked | role.revoked | token.revoked | workload_identity.ended | member.deactivated)*"
)
_STAFFED = "(staffing.gap_reported | staffing.gap_cleared)*"
_PUBLISHED = f"policy.superseded? policy.published policy.loosened? review.scheduled* {_STAFFED}"
_ASKED = "approval.expired? (approval.replaced? approval.requested)?"
_CLASSIFIED = "(classification.proposed system.classified? | system.classified)"

DECLARED: Final[dict[str, str]] = {
    # people
    "registry.people.create_organisation": "organisation.created role.granted",
    "registry.people.grant_role": "role.granted?",
    "registry.people.revoke_role": "role.revoked",
    "registry.people.create_service_account": "service_account.created",
    "registry.permissions.synchronise": "permissions.synchronised*",
    "registry.members.deactivate": _LEAVES,
    "registry.members.reactivate": "member.reactivated",
    "registry.members.deactivate_account": f"{_LEAVES} account.deactivated*",
    "registry.members.link": "person.linked*",
    "registry.tokens.issue": "token.issued",
    "registry.tokens.rotate": "token.revoked token.issued",
    "registry.tokens.revoke": "token.revoked?",
    "registry.identities.create": "workload_identity.created",
    "registry.identities.deactivate": "(token.revoked* workload_identity.ended)?",
    "registry.identities.exchange": "token.issued workload_identity.used",
    "registry.sign_ins.signed_in": "account.signed_in*",
    "registry.sign_ins.failed": "account.sign_in_failed*",
    "registry.sign_ins.factor_added": "account.factor_added*",
    "registry.sign_ins.factor_removed": "account.factor_removed*",
    "registry.sign_ins.remove_factors": "account.factor_removed*",
    "registry.sign_ins.password_changed": "account.password_changed*",
    "registry.sign_ins.identity_linked": "account.identity_linked*",
    "registry.sign_ins.identity_unlinked": "account.identity_unlinked*",
    "registry.single_sign_on.admit": "(person.linked | account.identity_linked)*",
    "registry.single_sign_on.release": "account.identity_unlinked*",
    "governance.erasure.erase": f"({_LEAVES} account.deactivated)* person.erased*",
    # facts
    "registry.systems.register": "system.registered",
    "registry.documents.add": "document.added",
    "registry.artifacts.store": "artifact.stored?",
    "registry.datasets.register": "dataset.registered",
    "registry.datasets.register_version": "dataset_version.registered?",
    "registry.versions.register": "model.registered",
    "registry.versions.register_version": "model_version.registered?",
    "registry.schemas.lock": "schema.locked?",
    "registry.schemas.release": "schema.released | schema.release_refused",
    # the log itself
    "registry.log_keys.replace": "log.key_replaced",
    "registry.reopenings.carry_out": "log.reopened?",
    "registry.reopenings.carry_out_open": "log.reopened?",
    "registry.verifications.verify": "log.verified?",
    "registry.verifications.verify_due": "log.verified?",
    "registry.bound_reads.bind": "reads.bound?",
    "registry.bound_reads.bind_all": "reads.bound?",
    # evidence
    "audits.plans.seal": "(plan.sealed deviation.opened?)? deviation.opened?",
    "audits.runs.request": "run.requested?",
    "audits.runs.cancel": "(run.cancelled | data_quality.cancelled)?",
    "audits.runs.requeue": "(run.requeued | data_quality.requeued)?",
    "audits.endings.write": "(run.finished (run.reproduced | run.not_reproduced)?)?",
    "audits.reproductions.request": "(run.requested reproduction.requested)? | reproduction.refused",
    "audits.quality.request": "data_quality.requested?",
    "audits.quality.write": "data_quality.finished?",
    "governance.deviations.vote": "deviation.voted (deviation.accepted | deviation.refused)? | deviation.vote_refused",
    # decisions
    "governance.policies.draft": "policy.drafted",
    "governance.policies.compared": "",
    "governance.policies.publish": f"{_PUBLISHED} | policy.publication_refused",
    "governance.policies.publish_defaults": f"(policy.drafted {_PUBLISHED})*",
    "governance.reviews.tighten": "review.scheduled*",
    "governance.staffing.report": _STAFFED,
    "governance.backtests.request": "backtest.requested?",
    "governance.backtests.run": "(backtest.finished | backtest.failed)?",
    "governance.approvals.request": _ASKED,
    "governance.approvals.request_system": _ASKED,
    "governance.approvals.vote": "approval.voted | approval.refused | approval.vote_refused",
    "governance.approvals.withdraw": "approval.withdrawn",
    "governance.approvals.withdraw_vote": "approval.vote_withdrawn",
    "governance.conditions.confirm": "condition.met",
    "governance.delegations.give": "delegation.given",
    "governance.delegations.revoke": "delegation.revoked",
    "governance.comparisons.acknowledge": "comparison.acknowledged? | comparison.refused",
    "governance.decisions.ask": "decision.made?",
    "governance.transitions.request": _STEP,
    "governance.transitions.request_system": _STEP,
    "governance.enforcement.suspend_if_due": "(enforcement.applied transition.completed)?",
    "governance.enforcement.enforce_due": "(enforcement.applied transition.completed)? | review.scheduled*",
    "governance.classifications.answer": _CLASSIFIED,
    "governance.classifications.confirm": "system.classified | classification.refused",
    "governance.classifications.reject": "classification.rejected | classification.refused",
    "governance.classifications.reclassify_all": f"{_CLASSIFIED}?",
    "governance.obligations.decide": "obligation.decided | obligation.refused",
    "governance.reports.request": "report.requested?",
    "governance.reports.render": "(report.generated | report.failed)?",
    "governance.reports.sweep": "report.failed?",
    # exceptions
    "governance.waivers.ask": "waiver.requested",
    "governance.waivers.approve": "waiver.approved | waiver.excluded",
    "governance.waivers.refuse": "waiver.refused",
    "governance.waivers.revoke": "waiver.revoked",
    "governance.break_glass.ask": "break_glass.requested",
    "governance.break_glass.confirm": "issue.raised issue.assigned? break_glass.confirmed | break_glass.excluded",
    "governance.break_glass.withdraw": "break_glass.withdrawn",
    "governance.break_glass.end": "break_glass.ended",
    "governance.break_glass.review": "break_glass.reviewed | break_glass.excluded",
    "governance.issues.raise_issue": "issue.raised issue.assigned?",
    "governance.issues.assign": "issue.assigned?",
    "governance.issues.close": "issue.closed | issue.excluded",
    "governance.issues.reopen": "issue.reopened",
}
