"""The people of the tests. One organisation (Acme), everyone with one role, and one outsider."""

from dataclasses import dataclass

from registry.actors import Actor
from registry.models import Organisation, System, User
from registry.services import people
from registry.stages import Role

PASSWORD = "correct horse battery staple"


@dataclass
class Cast:
    """Named people; `actor(name)` acts as one of them."""

    acme: Organisation
    olga: User  # owner of Acme
    dev: User  # developer: registers models, asks for approval
    stew: User  # data steward
    vera: User  # validator
    rita: User  # risk reviewer
    cora: User  # compliance officer
    adam: User  # business approver
    aud: User  # auditor: reads everything, changes nothing
    ci: User  # service account of the pipeline; Dev answers for it
    root: User  # Django superuser without any role in Acme
    oscar: User  # outsider: owner of another organisation

    def actor(self, name: str) -> Actor:
        """Acts as the named person."""
        return Actor.of(getattr(self, name))


ROLES = {
    "dev": Role.DEVELOPER,
    "stew": Role.DATA_STEWARD,
    "vera": Role.VALIDATOR,
    "rita": Role.REVIEWER,
    "cora": Role.COMPLIANCE_OFFICER,
    "adam": Role.APPROVER,
    "aud": Role.AUDITOR,
}


def make_cast() -> Cast:
    """Everybody, in their places."""
    users = {name: _person(name) for name in ("olga", "oscar", *ROLES)}
    acme = people.create_organisation(
        actor=Actor.system("tests"), slug="acme", name="Acme Bank", owner=users["olga"]
    )
    people.create_organisation(
        actor=Actor.system("tests"), slug="other", name="Other Ltd", owner=users["oscar"]
    )
    olga = Actor.of(users["olga"])
    for name, role in ROLES.items():
        people.grant_role(actor=olga, organisation=acme, user=users[name], role=role)
    ci = people.create_service_account(actor=olga, organisation=acme, name="ci", responsible=users["dev"])
    people.grant_role(actor=olga, organisation=acme, user=ci, role=Role.CI)
    root = User.objects.create_superuser("root", "root@example.org", PASSWORD)
    return Cast(acme=acme, ci=ci, root=root, **users)


def _person(name: str) -> User:
    # A fast hasher is set for tests; every person has the same password.
    return User.objects.create_user(name, f"{name}@example.org", PASSWORD, first_name=name.title())


def grant(cast: Cast, name: str, role: Role, system: System | None = None) -> None:
    """Give one of the cast another role."""
    people.grant_role(
        actor=cast.actor("olga"), organisation=cast.acme, user=getattr(cast, name), role=role, system=system
    )
