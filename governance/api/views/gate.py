"""The gate's door, its stored decisions, and the key its verdicts are verified with."""

import uuid

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import serializers as shapes
from governance.api.views.files import AnyType
from governance.models import Decision, Vote
from governance.services import answers, attestations, bundles, decisions, revocations
from registry import selectors as facts
from registry.api.base import Endpoint
from registry.services import reads


class AskGate(Endpoint):
    """May these bytes go there?"""

    @extend_schema(operation_id="ask_gate", request=shapes.QuestionIn, responses={200: shapes.AnswerOut})
    def post(self, request: Request) -> Response:
        """The verdict with every finding, signed. Asking twice is harmless: the same facts, the same decision."""
        data = self.read(shapes.QuestionIn)
        nonce = data.pop("nonce")
        answer = decisions.ask(actor=self.actor, **data)
        response = Response(answers.document(answer, nonce))
        response["Cache-Control"] = "no-store"
        return response


class DecisionDetail(Endpoint):
    """A stored decision."""

    @extend_schema(operation_id="get_decision", responses=shapes.DecisionOut)
    def get(self, request: Request, decision_id: uuid.UUID) -> Response:
        """One decision with everything it was decided from."""
        found = facts.get(Decision.objects.select_related("system"), self.actor, pk=decision_id)
        reads.note(self.actor, "decision.file", found)
        return Response(shapes.DecisionOut(found).data)


class DecisionBundle(Endpoint):
    """A stored decision with everything it can be checked by."""

    renderer_classes = (JSONRenderer,)
    content_negotiation_class = AnyType

    @extend_schema(
        operation_id="get_decision_bundle", responses={(200, "application/zip"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, decision_id: uuid.UUID) -> HttpResponse:
        """The verification bundle, for `assay verify bundle`; 409 while no signed checkpoint covers the decision."""
        found = facts.get(Decision.objects.select_related("system"), self.actor, pk=decision_id)
        bundle = bundles.of_decision(found)
        reads.note(self.actor, "decision.bundle", found)
        response = HttpResponse(bundle, content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="{bundles.name_of(found)}"'
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "no-store"
        return response


class VerdictKey(Endpoint):
    """The public key."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="get_verdict_key", responses=shapes.KeyOut, auth=[])
    def get(self, request: Request) -> Response:
        """The public key that verdicts are verified with; pin it by another way than this address."""
        return Response(answers.public_key())


class Revocations(Endpoint):
    """Verdicts that were taken back."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="get_revocations", responses=shapes.EnvelopeOut, auth=[])
    def get(self, request: Request) -> Response:
        """The signed list of verdicts that were taken back before they expired, for doors without a network."""
        response = Response(revocations.signed())
        response["Cache-Control"] = "no-store"
        return response


class VoteAttestation(Endpoint):
    """A vote as an in-toto statement."""

    @extend_schema(operation_id="get_vote_attestation", responses=shapes.EnvelopeOut)
    def get(self, request: Request, vote_id: uuid.UUID) -> Response:
        """That this vote was given: a statement in a DSSE envelope, signed by the service, which vouches for it."""
        rows = Vote.objects.select_related("request__system", "delegation")
        vote = facts.get(rows, self.actor, pk=vote_id)
        signed = attestations.of_vote(vote)
        reads.note(self.actor, "vote.attestation", vote)
        return Response(signed)
