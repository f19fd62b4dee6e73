"""Object permissions with direct foreign keys: no orphans, and the database can join them."""

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase


class OrganisationPermission(UserObjectPermissionBase):
    """One user's permission on an organisation and all that is in it."""

    content_object = models.ForeignKey("registry.Organisation", on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class OrganisationGroupPermission(GroupObjectPermissionBase):
    """Required by guardian beside the user model; Assay grants to people and service accounts only."""

    content_object = models.ForeignKey("registry.Organisation", on_delete=models.CASCADE)

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False


class SystemPermission(UserObjectPermissionBase):
    """One user's permission on a single AI system."""

    content_object = models.ForeignKey("registry.System", on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class SystemGroupPermission(GroupObjectPermissionBase):
    """Required by guardian beside the user model; Assay grants to people and service accounts only."""

    content_object = models.ForeignKey("registry.System", on_delete=models.CASCADE)

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False
