"""How a system is classified, and how it stands with the obligations of frameworks."""

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance import selectors
from governance.api import classification_shapes as shapes
from governance.classification.questions import questionnaire
from governance.frameworks import FILES
from governance.models import Classification, ClassificationState, ObligationState
from governance.services import classifications, coverage, obligations
from registry import selectors as facts
from registry.api.base import Endpoint
from registry.api.views.systems import OfSystem
from registry.errors import NotFound
from registry.models import ModelVersion, System
from registry.stages import Role

_LIVE = (ClassificationState.IN_FORCE, ClassificationState.PROPOSED)


class SystemClassification(OfSystem):
    """The classification of a system."""

    @extend_schema(operation_id="get_classification", responses=shapes.StandingOut)
    def get(self, request: Request, system_id: uuid.UUID) -> Response:
        """The tier, why, what waits for confirmation, and the questionnaire."""
        system = self.system(system_id)
        rows = {row.state: row for row in selectors.classifications(system).filter(state__in=_LIVE)}
        asked = questionnaire()
        told = {
            "tier": system.risk_tier,
            "in_force": rows.get(ClassificationState.IN_FORCE),
            "waiting": rows.get(ClassificationState.PROPOSED),
            "rules_digest": asked.digest,
            "rules_version": asked.version,
            "checked_on": asked.checked_on,
            "disclaimer": asked.disclaimer,
            "sections": asked.sections,
        }
        return Response(shapes.StandingOut(told).data)

    @extend_schema(
        operation_id="classify", request=shapes.AnswersIn, responses={201: shapes.ClassificationOut}
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Answer the questionnaire. What lowers the tier or claims an exemption waits for another person."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Answer the questionnaire."""
        system, data = self.system(kwargs["system_id"]), self.read(shapes.AnswersIn)
        row = classifications.answer(actor=self.actor, system=system, **data)
        return Response(shapes.ClassificationOut(row).data, status=201)


class OfClassification(OfSystem):
    """Shared by what a second person does."""

    def row(self, system_id: uuid.UUID, number: int) -> Classification:
        """The classification that was read."""
        found = selectors.classifications(self.system(system_id)).filter(number=number).first()
        if found is None:
            raise NotFound("There is no such classification.")
        return found


class ConfirmClassification(OfClassification):
    """Agreement with a classification that waits."""

    @extend_schema(
        operation_id="confirm_classification",
        request=shapes.ConfirmIn,
        responses={200: shapes.ClassificationOut},
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Confirm it; 403 for whoever answered."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Confirm it."""
        row = self.row(kwargs["system_id"], self.read(shapes.ConfirmIn)["number"])
        found = classifications.confirm(actor=self.actor, classification=row)
        return Response(shapes.ClassificationOut(found).data)


class RejectClassification(OfClassification):
    """Refusal of a classification that waits."""

    @extend_schema(
        operation_id="reject_classification",
        request=shapes.RejectIn,
        responses={200: shapes.ClassificationOut},
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Reject it, with a reason."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Reject it."""
        data = self.read(shapes.RejectIn)
        row = self.row(kwargs["system_id"], data["number"])
        found = classifications.reject(actor=self.actor, classification=row, reason=data["reason"])
        return Response(shapes.ClassificationOut(found).data)


class SignObligation(OfSystem):
    """A signed word on one obligation."""

    @extend_schema(operation_id="sign_obligation", request=shapes.SignIn, responses={201: shapes.SignedOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Sign that it is met, where only a person can judge, or that it does not apply."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Sign it."""
        system, data = self.system(kwargs["system_id"]), self.read(shapes.SignIn)
        signed = obligations.decide(
            actor=self.actor,
            system=system,
            obligation=kwargs["obligation"],
            state=ObligationState(data["state"]),
            reason=data["reason"],
            role=Role(data["role"]) if data["role"] else None,
        )
        return Response(shapes.SignedOut(signed).data, status=201)


class FrameworkCoverage(Endpoint):
    """How the obligations of a framework stand for a system."""

    @extend_schema(
        operation_id="get_coverage",
        parameters=[
            OpenApiParameter("framework", str, required=True, enum=sorted(FILES)),
            OpenApiParameter(
                "model_version", uuid.UUID, description="Whose evidence; else the newest version's."
            ),
        ],
        responses=shapes.CoverageOut,
    )
    def get(self, request: Request, system_id: uuid.UUID) -> Response:
        """Every obligation that concerns the system: open ones first."""
        system = facts.get(System.objects.all(), self.actor, pk=system_id)
        version = None
        if (asked := request.query_params.get("model_version")) is not None:
            rows = ModelVersion.objects.select_related("model__system")
            version = facts.get(rows, self.actor, pk=asked, model__system=system)
        found = coverage.of(self.actor, system, request.query_params.get("framework", ""), version)
        return Response(shapes.CoverageOut(found).data)
