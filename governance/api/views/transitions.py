"""Steps of the lifecycle."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import serializers as shapes
from governance.gates import codec
from governance.services import transitions
from registry import selectors as facts
from registry.api.base import WriteEndpoint
from registry.api.serializers import ModelVersionOut, SystemOut
from registry.models import ModelVersion, System


class VersionTransitions(WriteEndpoint):
    """Steps of a model version."""

    @extend_schema(operation_id="list_version_steps", responses=shapes.OptionOut(many=True))
    def get(self, request: Request, version_id: uuid.UUID) -> Response:
        """Every step from here, and what stands in its way."""
        return Response([_option(o) for o in transitions.options(self.actor, self._version(version_id))])

    @extend_schema(operation_id="move_version", request=shapes.TransitionIn, responses={200: ModelVersionOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Take a step; 409 with every finding when its gate is closed."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Take a step."""
        data, version = self.read(shapes.TransitionIn), self._version(kwargs["version_id"])
        moved = transitions.request(actor=self.actor, version=version, **data)
        return Response(ModelVersionOut(moved).data)

    def _version(self, version_id: uuid.UUID) -> ModelVersion:
        rows = ModelVersion.objects.select_related("artifact", "model__system")
        return facts.get(rows, self.actor, pk=version_id)


class SystemTransitions(WriteEndpoint):
    """Steps of a system."""

    @extend_schema(operation_id="list_system_steps", responses=shapes.OptionOut(many=True))
    def get(self, request: Request, system_id: uuid.UUID) -> Response:
        """Every step from here, and what stands in its way."""
        return Response([_option(o) for o in transitions.options_system(self.actor, self._system(system_id))])

    @extend_schema(operation_id="move_system", request=shapes.TransitionIn, responses={200: SystemOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Take a step; 409 with every finding when its gate is closed."""
        return super().post(request, **kwargs)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Take a step."""
        data, system = self.read(shapes.TransitionIn), self._system(kwargs["system_id"])
        moved = transitions.request_system(actor=self.actor, system=system, **data)
        return Response(SystemOut(moved).data)

    def _system(self, system_id: uuid.UUID) -> System:
        return facts.get(System.objects.select_related("organisation", "owner"), self.actor, pk=system_id)


def _option(option: transitions.Option) -> dict[str, Any]:
    decided = option.decided
    return {
        "to": option.transition.to_stage,
        "gate": option.transition.gate,
        "permitted": option.permitted,
        "possible": option.possible,
        "verdict": decided.verdict.value if decided else None,
        "findings": codec.whole(decided.findings) if decided else [],
        "unblock_plan": list(decided.unblock_plan) if decided else [],
    }
