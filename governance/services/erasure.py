"""Erasing a person: names, addresses and texts go, what was done and decided stays under a number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.hashers import make_password
from django.db.models import Q
from django.utils import timezone

from governance.models import Report, ReportState
from governance.services import erased_files, erased_rows
from registry.access import check
from registry.actors import Actor
from registry.errors import Conflict, Denied, Invalid
from registry.ledger import personal_texts, record
from registry.models import Organisation, User
from registry.services import members, people

MAX_GROUND: Final = 60
MAX_REASON: Final = 2000


@dataclass(frozen=True)
class Erased:
    """What an erasure took away, and what it left."""

    name: str  # the number they go by from now on
    texts: int
    rows: int
    files: int
    reports: int  # stored reports that named them
    reports_kept: bool


@dataclass(frozen=True)
class _Wish:
    """What is asked for."""

    accounts: Sequence[User]
    organisations: Sequence[Organisation]
    words: frozenset[str]  # that they are called by
    under: str
    reason: str
    texts: bool
    reports: bool

    @property
    def notice(self) -> str:
        """What stands in the place of an erased text."""
        return personal_texts.notice(str(timezone.now().date()), self.under)


def erase(
    *,
    actor: Actor,
    user: User,
    organisation: Organisation | None,
    reason: str,
    under: str,
    texts: bool = False,
    reports: bool = False,
) -> Erased:
    """Erase a person's data; with `texts` also what they wrote, with `reports` also stored reports that name them.

    Everywhere they ever were a member when no organisation is named. Proofs, digests and verdicts hold afterwards:
    entries have commitments and numbers only.
    """
    _check_words(reason, under)
    with record.transaction():
        wish = _Wish(
            accounts=_accounts(user),
            organisations=_allowed(actor, user, organisation),
            words=_words(_accounts(user)),
            under=under,
            reason=reason,
            texts=texts,
            reports=reports,
        )
        _names_nobody(wish)
        _nothing_printing(wish)
        named = erased_files.naming(wish.organisations, _shown(wish.accounts))
        rows = _rows(actor, wish, named)
        found = _tell(actor, wish, rows, len(named))
        _nothing_printing(
            wish
        )  # nor has a worker begun meanwhile: it would have read the names as they still are
        files = erased_files.delete_mails_and_messages(wish.words)
    files += erased_files.delete_bytes(wish.organisations)  # after the commit: it cannot be undone
    user.refresh_from_db()
    return Erased(user.first_name, found, rows, files, len(named), not reports)


def _check_words(reason: str, under: str) -> None:
    if not reason.strip() or len(reason) > MAX_REASON:
        raise Invalid(
            f"Say why, in at most {MAX_REASON} characters.", errors=[("reason", "1 to 2000 characters")]
        )
    if not under.strip() or len(under) > MAX_GROUND:
        raise Invalid(
            f"Name the law in at most {MAX_GROUND} characters, such as GDPR Art. 17(1)(b).",
            errors=[("under", "1 to 60 characters")],
        )


def _accounts(user: User) -> list[User]:
    """Every account of the person; machines they answer for are not theirs alone."""
    if user.is_service:
        raise Invalid(
            "This is a service account. End its membership instead.", errors=[("user", "a machine")]
        )
    if user.responsible is not None:
        raise Invalid(
            f"This is a further account of {user.responsible.username}. Erase that one: both go.",
            errors=[("user", "a further account")],
        )
    return list(User.objects.filter(Q(pk=user.pk) | Q(responsible=user, is_service=False)).order_by("pk"))


def _allowed(actor: Actor, user: User, organisation: Organisation | None) -> list[Organisation]:
    """Where the person was ever a member, locked; refused unless the actor manages people in every one of them."""
    accounts = [account.pk for account in _accounts(user)]
    places = Organisation.objects.filter(memberships__user__in=accounts).distinct().order_by("pk")
    found = [people.locked(place.pk) for place in places]
    if organisation is not None and [place.pk for place in found] != [organisation.pk]:
        raise Conflict(
            "They were not a member here, or not only here. Erase them everywhere (--everywhere).",
            code="people.elsewhere",
        )
    for place in found:
        check.require(actor, "manage_people", place)
    if not found:
        raise Conflict(
            "They were never a member of an organisation: no log tells of them.", code="people.unknown"
        )
    if actor.person_id == user.person_id:
        raise Denied(
            "You cannot erase yourself; another owner can.",
            code="people.own_erasure",
            by=actor,
            on=found[0],
        )
    return found


def _words(accounts: Sequence[User]) -> frozenset[str]:
    """What they are surely meant by: an address or a full name. A first name alone may be anybody's."""
    named = {account.get_full_name() for account in accounts if account.first_name and account.last_name}
    addresses = {account.email for account in accounts if account.email}
    return frozenset((addresses | named) - _gone(accounts))


def _shown(accounts: Sequence[User]) -> set[str]:
    return {account.display_name for account in accounts} - _gone(accounts)


def _gone(accounts: Sequence[User]) -> set[str]:
    """The names of those who were erased before."""
    return {account.display_name for account in accounts if account.username.startswith("erased-")}


def _names_nobody(wish: _Wish) -> None:
    if any(word.lower() in wish.reason.lower() for word in wish.words | _shown(wish.accounts)):
        raise Invalid(
            "Do not name the person in the reason: it is kept.", errors=[("reason", "names the person")]
        )


def _nothing_printing(wish: _Wish) -> None:
    """Refuse while a worker prints a report: it has read the names already."""
    printing = Report.objects.filter(
        model_version__model__system__organisation__in=wish.organisations, state=ReportState.RUNNING
    )
    if printing.exists():
        raise Conflict(
            "A report is being printed, and may name them. Try again in a few minutes.", code="report.running"
        )


def _rows(actor: Actor, wish: _Wish, named: Sequence[Report]) -> int:
    """Everything but the log; the entries that tell of ended roles and tokens know the number already."""
    for account in wish.accounts:
        _rename(account, wish.notice)
    for account in wish.accounts:
        members.deactivate_account(actor=actor, user=account)
    rows = erased_rows.delete_theirs(wish.accounts) + erased_rows.forget_names(wish.words)
    if wish.texts:
        rows += erased_rows.blank_texts(wish.accounts, wish.words, wish.organisations, wish.notice)
    if wish.reports:
        rows += Report.objects.filter(pk__in=[report.pk for report in named]).update(document="")
    return rows


def _rename(account: User, notice: str) -> None:
    if account.username.startswith("erased-"):
        return
    account.username = f"erased-{account.pk.hex[:12]}"
    account.first_name, account.last_name = f"Person {account.pk.hex[:12]}", notice
    account.email, account.last_login = "", None
    account.password = make_password(None)
    account.save(update_fields=["username", "first_name", "last_name", "email", "last_login", "password"])


def _tell(actor: Actor, wish: _Wish, rows: int, reports: int) -> int:
    """Erase the texts behind the entries, log by log, each with the entry that tells of it; how many there were."""
    ids = {str(account.pk) for account in wish.accounts}
    erased = 0
    for organisation in wish.organisations:
        record.hold(
            organisation.pk
        )  # what others tell meanwhile is there before the search, or after the names went
        texts = personal_texts.about(organisation.pk, ids, wish.words, written=wish.texts)
        count = personal_texts.erase(organisation.pk, texts)
        erased += count
        for number, account in enumerate(wish.accounts):
            record.event(
                "person.erased",
                organisation_id=organisation.pk,
                subject=account,
                actor=actor,
                user_id=str(account.pk),
                under=wish.under,
                texts=0 if number else count,
                rows=0 if number else rows,
                written=wish.texts,
                reports="erased" if wish.reports and reports else "kept" if reports else "none",
                reason=wish.reason,
            )
    return erased
