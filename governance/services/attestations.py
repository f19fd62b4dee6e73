"""A vote as a signed statement, for those who keep proof of who approved what beside the artifact."""

from typing import Any

from django.conf import settings

from governance import verdicts
from governance.gates import codec
from governance.models import Vote
from governance.services import signing
from registry.ledger.models import LedgerHead
from registry.services import receipts


def of_vote(vote: Vote) -> dict[str, Any]:
    """That this vote was given, in an envelope signed by the service; who may see the vote has been asked.

    People have no keys here: the service vouches for what they said after signing in, and the log's index says where
    that can be proven.
    """
    organisation_id = vote.request.system.organisation_id
    index = receipts.told(organisation_id, "approval.voted", vote.request_id, vote_id=str(vote.pk))
    return signed(vote, LedgerHead.objects.get(pk=organisation_id).origin, index)


def signed(vote: Vote, origin: str, index: int) -> dict[str, Any]:
    """The same where it is known already at which index of which log the vote is told."""
    delegator = vote.delegation.delegator_id if vote.delegation else None
    content = verdicts.vote_statement(
        {
            "subject_digest": vote.subject_digest,
            "verifier": {"id": settings.ASSAY_PUBLIC_URL},
            "vote": str(vote.pk),
            "request": str(vote.request_id),
            "step_to": vote.request.to_stage,
            "voter": str(vote.voter_id),
            "on_behalf_of": str(delegator) if delegator else None,
            "role": vote.role,
            "verdict": vote.verdict,
            "voted_at": codec.moment(vote.voted_at),
            "withdrawn_at": codec.moment(vote.withdrawn_at) if vote.withdrawn_at else None,
            "log": {"origin": origin, "index": index},
        }
    )
    return signing.envelope(content)
