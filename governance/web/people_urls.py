"""Pages of people, tokens and machines."""

from django.urls import path

from governance.web import machines, people

urlpatterns = [
    path("people", people.people_page, name="people"),
    path("people/grant", people.grant, name="grant-role"),
    path("people/<uuid:membership_id>", people.member_page, name="member"),
    path("people/<uuid:membership_id>/deactivate", people.deactivate, name="deactivate-member"),
    path("people/<uuid:membership_id>/reactivate", people.reactivate, name="reactivate-member"),
    path("people/roles/<uuid:grant_id>/revoke", people.revoke, name="revoke-role"),
    path("people/tokens", machines.tokens_page, name="tokens"),
    path("people/tokens/issue", machines.issue, name="issue-token"),
    path("people/tokens/<uuid:token_id>/revoke", machines.revoke, name="revoke-token"),
    path("people/tokens/<uuid:token_id>/rotate", machines.rotate, name="rotate-token"),
    path("people/machines", machines.machines_page, name="machines"),
    path("people/machines/account", machines.make_account, name="make-account"),
    path("people/machines/identity", machines.make_identity, name="make-identity"),
    path("people/identities/<uuid:identity_id>/end", machines.end_identity, name="end-identity"),
]
