"""Shapes of members, roles, tokens, service accounts and workload identities."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from registry.access.table import PERMISSIONS
from registry.api.base import StrictSerializer
from registry.models import ApiToken, Membership, RoleGrant, User, WorkloadIdentity
from registry.services import members, tokens
from registry.stages import Role
from registry.workloads import MAX_TOKEN, REF

USER_NAME = 150
ORGANISATION = "Short name; may be left out when you are in one."


class InOrganisation(StrictSerializer):
    """Input about one organisation."""

    organisation = serializers.SlugField(required=False, help_text=ORGANISATION)


class ExchangeIn(StrictSerializer):
    """A job's identity token, and the organisation it wants to act in."""

    token = serializers.CharField(max_length=MAX_TOKEN, help_text="As the CI system signed it.")
    organisation = serializers.SlugField(max_length=60)
    name = serializers.CharField(
        max_length=100, default="", allow_blank=True, help_text="The identity, where several fit the job."
    )


class ExchangedOut(serializers.Serializer[Any]):
    """A bearer token, shown this once."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()
    scopes = serializers.ListField(child=serializers.CharField())


class RoleOut(serializers.ModelSerializer[RoleGrant]):
    """A role of a member."""

    system = serializers.CharField(source="system.slug", allow_null=True, default=None)

    class Meta:
        model = RoleGrant
        fields = read_only_fields = ["id", "role", "system", "granted_at"]


class MemberOut(serializers.ModelSerializer[Membership]):
    """A member or former member, with roles."""

    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.display_name")
    is_service = serializers.BooleanField(source="user.is_service")
    responsible = serializers.CharField(source="user.responsible.username", allow_null=True, default=None)
    roles = RoleOut(source="grants", many=True)

    class Meta:
        model = Membership
        fields = read_only_fields = [
            "id",
            "username",
            "name",
            "is_service",
            "responsible",
            "roles",
            "created_at",
            "ended_at",
        ]


class LeavingIn(StrictSerializer):
    """Why somebody leaves."""

    reason = serializers.CharField(max_length=members.MAX_REASON, default="", allow_blank=True)


class GrantIn(InOrganisation):
    """A role to give."""

    user = serializers.CharField(max_length=254, help_text="User name or e-mail address of an account.")
    role = serializers.ChoiceField(Role.choices)
    system = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="Left out: for the whole organisation."
    )


class TokenOut(serializers.ModelSerializer[ApiToken]):
    """A token, without its text."""

    user = serializers.CharField(source="user.username")
    system = serializers.CharField(source="system.slug", allow_null=True, default=None)

    class Meta:
        model = ApiToken
        fields = read_only_fields = [
            "id",
            "name",
            "user",
            "scopes",
            "system",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
        ]


class NewTokenOut(TokenOut):
    """A token with its text, which is shown this once."""

    token = serializers.CharField()

    class Meta(TokenOut.Meta):
        fields = read_only_fields = [*TokenOut.Meta.fields, "token"]


class TokenIn(InOrganisation):
    """A token to issue."""

    name = serializers.CharField(max_length=tokens.MAX_NAME, help_text="What it is for.")
    days = serializers.IntegerField(default=90, min_value=1, max_value=tokens.MAX_DAYS)
    account = serializers.CharField(
        max_length=USER_NAME, default="", allow_blank=True, help_text="A service account; left out: yourself."
    )
    scopes = serializers.ListField(
        child=serializers.ChoiceField(sorted(PERMISSIONS)),
        default=list,
        max_length=len(PERMISSIONS),
        help_text="Permissions it is narrowed to; left out: all that the roles give.",
    )
    system = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="The only system it reaches."
    )


class AccountIn(InOrganisation):
    """A service account to make."""

    name = serializers.SlugField(max_length=60)
    responsible = serializers.CharField(max_length=USER_NAME, help_text="User name of who answers for it.")


class AccountOut(serializers.ModelSerializer[User]):
    """A service account."""

    responsible = serializers.CharField(source="responsible.username")

    class Meta:
        model = User
        fields = read_only_fields = ["id", "username", "responsible"]


class IdentityIn(InOrganisation):
    """Which jobs may act as which service account."""

    account = serializers.CharField(max_length=USER_NAME, help_text="User name of the service account.")
    name = serializers.SlugField(max_length=100)
    issuer = serializers.CharField(
        max_length=300, help_text=f"Such as {next(iter(settings.ASSAY_WORKLOAD_ISSUERS))}."
    )
    repository_id = serializers.RegexField(
        r"^[0-9]+$", max_length=40, help_text="GitHub's repository_id, GitLab's project_id."
    )
    repository = serializers.CharField(max_length=300, help_text="Its name, for people to read.")
    ref = serializers.RegexField(f"^{REF.pattern}$", max_length=300, help_text="Such as refs/heads/main.")
    audience = serializers.CharField(
        max_length=300, default="", allow_blank=True, help_text="Left out: the address of this service."
    )
    environment = serializers.CharField(max_length=255, default="", allow_blank=True)
    workflow = serializers.CharField(max_length=500, default="", allow_blank=True)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(sorted(PERMISSIONS)), allow_empty=False, max_length=len(PERMISSIONS)
    )
    system = serializers.UUIDField(required=False, allow_null=True, default=None)


class IdentityOut(serializers.ModelSerializer[WorkloadIdentity]):
    """A workload identity."""

    account = serializers.CharField(source="account.username")
    system = serializers.CharField(source="system.slug", allow_null=True, default=None)

    class Meta:
        model = WorkloadIdentity
        fields = read_only_fields = [
            "id",
            "name",
            "account",
            "issuer",
            "audience",
            "repository_id",
            "repository",
            "ref",
            "environment",
            "workflow",
            "scopes",
            "system",
            "created_at",
            "ended_at",
        ]
