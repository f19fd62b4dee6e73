"""Which columns hold what people wrote, and which rows are theirs alone: a table, and erasing by it."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.db.models import Model, Q, TextField
from django.db.models.functions import Cast

from audits.models import Deviation
from governance.models import (
    BreakGlass,
    Classification,
    ComparisonAcknowledgement,
    Condition,
    Delegation,
    DeviationVote,
    Digest,
    Issue,
    ObligationDecision,
    Reminder,
    Vote,
    Waiver,
)
from registry.models import ApiToken, IdempotentAnswer, Organisation, SchemaLock, User


@dataclass(frozen=True)
class Written:
    """A column with free text, and who wrote it."""

    model: type[Model]
    column: str
    by: str
    place: str = ""  # the path to the organisation, where the model does not say it


# Texts that a digest is made of (documents, answers of a classification, terms of a waiver, training records) are
# evidence and not here: without them nobody could check what was approved.
WRITTEN: Final = (
    Written(Vote, "comment", "voter"),
    Written(Vote, "withdrawn_why", "voter"),
    Written(Condition, "text", "vote__voter"),
    Written(Condition, "note", "met_by"),
    Written(Delegation, "reason", "delegator"),
    Written(Deviation, "reason", "opened_by"),
    Written(
        DeviationVote,
        "comment",
        "voter",
        "deviation__new_plan__model_version__model__system__organisation_id",
    ),
    Written(ComparisonAcknowledgement, "comment", "acknowledged_by"),
    Written(Issue, "title", "raised_by"),
    Written(Issue, "description", "raised_by"),
    Written(Issue, "resolution", "closed_by"),
    Written(BreakGlass, "reason", "requested_by"),
    Written(BreakGlass, "review", "reviewed_by"),
    Written(Classification, "decision_reason", "decided_by"),
    Written(ObligationDecision, "reason", "decided_by"),
    Written(Waiver, "closed_reason", "closed_by"),
    Written(SchemaLock, "release_reason", "released_by"),
)
# Rows that are about one person, or let them in.
_THEIRS: Final[tuple[tuple[type[Model], str], ...]] = (
    (Reminder, "recipient"),
    (Reminder, "digest__recipient"),
    (Digest, "recipient"),
    (IdempotentAnswer, "user"),
    (EmailAddress, "user"),
    (Authenticator, "user"),
    (SocialAccount, "user"),
)


def delete_theirs(people: Collection[User]) -> int:
    """Delete mails told to them, stored answers, addresses, second factors, identities and sessions; how many rows."""
    ids = [user.pk for user in people]
    gone = sum(model._default_manager.filter(**{f"{whose}__in": ids}).delete()[0] for model, whose in _THEIRS)
    ApiToken.objects.filter(user__in=ids).update(name="(erased)")
    return gone + _end_sessions({str(pk) for pk in ids})


def forget_names(words: Collection[str]) -> int:
    """Delete what was kept for others for a while and has one of these words in it; how many rows."""
    gone = 0
    for word in words:
        told = Q(what__icontains=word) | Q(todo__icontains=word)
        gone += Reminder.objects.filter(told).delete()[0]
        answers = IdempotentAnswer.objects.annotate(told=Cast("answer", TextField()))
        coded = json.dumps(word)[1:-1]  # as SQLite keeps letters with accents in JSON
        gone += answers.filter(Q(told__icontains=word) | Q(told__icontains=coded)).delete()[0]
    return gone


def blank_texts(
    people: Collection[User],
    words: Collection[str],
    organisations: Iterable[Organisation],
    notice: str,
) -> int:
    """Put a notice in the place of what they wrote, and of texts of others that have one of these words; how many."""
    ids, places = [user.pk for user in people], [one.pk for one in organisations]
    blanked = 0
    for row in WRITTEN:
        model: Any = row.model
        named = reduce(or_, (Q(**{f"{row.column}__icontains": word}) for word in words), Q(pk__in=()))
        here = Q(**{f"{row.place or model.organisation_path}__in": places})
        rows = model.objects.filter(Q(**{f"{row.by}__in": ids}) | (named & here)).exclude(**{row.column: ""})
        found = list(rows.values_list("pk", flat=True))
        blanked += model.objects.filter(pk__in=found).update(**{row.column: notice})
    return blanked


def _end_sessions(people: Collection[str]) -> int:
    ended = 0
    for session in Session.objects.iterator():
        if any(person in str(session.get_decoded()) for person in people):
            session.delete()
            ended += 1
    return ended
