"""Northbank and its people, made as an operator would make them."""

from dataclasses import dataclass

from registry.actors import Actor
from registry.models import Organisation, User
from registry.services import people, tokens
from registry.stages import Role

SLUG = "northbank"


@dataclass(frozen=True)
class Person:
    """Someone at Northbank."""

    username: str
    first_name: str
    last_name: str
    role: Role


PEOPLE = (
    Person("olga", "Olga", "Brandt", Role.OWNER),
    Person("dana", "Dana", "Okafor", Role.DEVELOPER),
    Person("stefan", "Stefan", "Lindqvist", Role.DATA_STEWARD),
    Person("vera", "Vera", "Moreau", Role.VALIDATOR),
    Person("cora", "Cora", "Hughes", Role.COMPLIANCE_OFFICER),
    Person("adam", "Adam", "Silva", Role.APPROVER),
    Person("audrey", "Audrey", "Kim", Role.AUDITOR),
)
PIPELINE = "pipeline"


def make(password: str) -> dict[str, str]:
    """Create Northbank; a token for each person and for the pipeline, by user name."""
    users = {person.username: _user(person, password) for person in PEOPLE}
    organisation = people.create_organisation(
        actor=Actor.system("demo"), slug=SLUG, name="Northbank", owner=users["olga"]
    )
    olga = Actor.of(users["olga"])
    for person in PEOPLE:
        if person.role != Role.OWNER:
            people.grant_role(
                actor=olga, organisation=organisation, user=users[person.username], role=person.role
            )
    pipeline = people.create_service_account(
        actor=olga, organisation=organisation, name=PIPELINE, responsible=users["dana"]
    )
    people.grant_role(actor=olga, organisation=organisation, user=pipeline, role=Role.CI)
    tokens = {name: _token(organisation, user, Actor.of(user)) for name, user in users.items()}
    return {**tokens, PIPELINE: _token(organisation, pipeline, olga)}


def _user(person: Person, password: str) -> User:
    return User.objects.create_user(
        person.username,
        f"{person.username}@northbank.example",
        password,
        first_name=person.first_name,
        last_name=person.last_name,
    )


def _token(organisation: Organisation, user: User, actor: Actor) -> str:
    _, text = tokens.issue(actor=actor, organisation=organisation, user=user, name="demonstration", days=7)
    return text
