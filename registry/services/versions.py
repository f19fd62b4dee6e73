"""Models and their versions."""

from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Invalid
from registry.ledger import chain, record
from registry.models import Artifact, DatasetVersion, Model, ModelVersion, System, User
from registry.services import datasets

MAX_COMMITTERS: Final = 500


def register(*, actor: Actor, system: System, slug: str, description: str = "") -> Model:
    """Name a model of a system."""
    with record.transaction():
        check.require(actor, "register", system)
        if Model.objects.filter(system=system, slug=slug).exists():
            raise Conflict(f"This system has a model “{slug}” already.", code="model.exists")
        model = Model.objects.create(system=system, slug=slug, description=description)
        record.event(
            "model.registered",
            organisation_id=system.organisation_id,
            system_id=system.pk,
            subject=model,
            actor=actor,
            model_id=str(model.pk),
            slug=slug,
        )
    return model


def register_version(
    *,
    actor: Actor,
    model: Model,
    version: str,
    artifact: Artifact,
    format: str,
    training: Mapping[str, Any] | None = None,
    dataset_versions: Sequence[DatasetVersion] = (),
    parents: Sequence[ModelVersion] = (),
) -> ModelVersion:
    """Pin a model version to its bytes. The same name with other bytes is a conflict."""
    record_ = chain.exact(dict(training or {}))
    with record.transaction():
        check.require(actor, "register", model)
        datasets.require_same_organisation(model.system, artifact)
        _same_system(model.system, dataset_versions, parents)
        Model.objects.locked().get(pk=model.pk)
        existing = (
            ModelVersion.objects.filter(model=model, version=version).select_related("artifact").first()
        )
        if existing is not None:
            return _again(existing, artifact, format, record_)
        created = ModelVersion.objects.create(
            model=model,
            version=version,
            artifact=artifact,
            format=format,
            training=record_,
            created_by=actor.user,
        )
        created.dataset_versions.set(dataset_versions)
        created.parents.set(parents)
        created.committers.set(_known(_committers(record_)))
        record.event(
            "model_version.registered",
            organisation_id=model.system.organisation_id,
            system_id=model.system_id,
            subject=created,
            actor=actor,
            model_version_id=str(created.pk),
            model=model.slug,
            version=version,
            digest=artifact.digest,
            format=format,
            training_digest=chain.digest_of(record_),
            dataset_versions=sorted(str(item.pk) for item in dataset_versions),
            parents=sorted(str(parent.pk) for parent in parents),
        )
    return created


def _committers(training: Mapping[str, Any]) -> list[str]:
    """The committers a training record names: e-mail addresses, `Name <address>` as git writes them, or user names."""
    named = training.get("committers") or []
    if not isinstance(named, list) or not all(isinstance(one, str) and one.strip() for one in named):
        raise Invalid(
            "The committers of a training record are a list of e-mail addresses or user names.",
            errors=[("training", "committers: a list of texts")],
        )
    if len(named) > MAX_COMMITTERS:
        raise Invalid(
            f"A training record names at most {MAX_COMMITTERS} committers.",
            errors=[("training", "committers: too many")],
        )
    return [(parseaddr(one)[1] or one).strip().lower() for one in named]


def _known(committers: list[str]) -> QuerySet[User]:
    """Their accounts, whether or not they are members yet: who joins later does not judge their own code either."""
    users = User.objects.annotate(mail=Lower("email"), short=Lower("username"))
    return users.filter(Q(mail__in=committers) | Q(short__in=committers)) if committers else users.none()


def _again(existing: ModelVersion, artifact: Artifact, format: str, training: dict[str, Any]) -> ModelVersion:
    if existing.artifact_id == artifact.pk and existing.format == format and existing.training == training:
        return existing
    raise Conflict(
        f"Version {existing.version} of {existing.model.slug} is registered with {existing.artifact.digest} and its own"
        " training record. A version never changes: register the new bytes under a new version.",
        code="model_version.exists",
    )


def _same_system(
    system: System, snapshots: Sequence[DatasetVersion], parents: Sequence[ModelVersion]
) -> None:
    foreign = [s for s in snapshots if s.dataset.system_id != system.pk]
    foreign_parents = [p for p in parents if p.model.system_id != system.pk]
    if foreign or foreign_parents:
        raise Invalid(
            "Dataset versions and parent versions must belong to the same system.",
            errors=[("dataset_versions" if foreign else "parents", "another system")],
        )
