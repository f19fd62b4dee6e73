"""Tables of facts, one file per noun."""

from registry.access.models import (
    OrganisationGroupPermission,
    OrganisationPermission,
    SystemGroupPermission,
    SystemPermission,
)
from registry.ledger.checkpoint_models import LedgerAnchor, LedgerCheckpoint, LedgerKey, LedgerTile
from registry.ledger.models import LedgerEntry, LedgerHalt, LedgerHead, LedgerVerification, PersonalText
from registry.ledger.place_models import LedgerPlace
from registry.models.artifacts import Artifact
from registry.models.datasets import Dataset, DatasetVersion
from registry.models.documents import Document
from registry.models.idempotency import IdempotentAnswer
from registry.models.identities import UsedTokenId, WorkloadIdentity
from registry.models.people import ApiToken, Membership, Organisation, RoleGrant, User
from registry.models.reads import Read
from registry.models.reopenings import Reopening
from registry.models.schemas import SchemaLock
from registry.models.systems import System
from registry.models.versions import Model, ModelVersion

__all__ = [
    "ApiToken",
    "Artifact",
    "Dataset",
    "DatasetVersion",
    "Document",
    "IdempotentAnswer",
    "LedgerAnchor",
    "LedgerCheckpoint",
    "LedgerEntry",
    "LedgerHalt",
    "LedgerHead",
    "LedgerKey",
    "LedgerPlace",
    "LedgerTile",
    "LedgerVerification",
    "Membership",
    "Model",
    "ModelVersion",
    "Organisation",
    "OrganisationGroupPermission",
    "OrganisationPermission",
    "PersonalText",
    "Read",
    "Reopening",
    "RoleGrant",
    "SchemaLock",
    "System",
    "SystemGroupPermission",
    "SystemPermission",
    "UsedTokenId",
    "User",
    "WorkloadIdentity",
]
