"""Looking for something in a long log: an index answers each filter, and none of them loses an entry."""

import pytest
from django.db import connection
from django.http import QueryDict

from registry.actors import Actor
from registry.ledger import record
from registry.ledger.models import LedgerEntry
from registry.web.sought import asked
from tests.cast import Cast
from tests.registry.test_checkpoints import append
from tests.registry.test_log_pages import browser, indices, queries, shown
from tests.registry.test_verifications import tamper


def plan(cast: Cast, query: str) -> str:
    rows = LedgerEntry.objects.filter(organisation_id=cast.acme.pk).order_by("-index")
    return asked(cast.acme, QueryDict(query)).of(rows)[:51].explain()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by the size of the table")
@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("event=role.granted", "ledger_by_event"),
        ("actor=olga", "ledger_by_actor"),
        ("actor=worker", "ledger_by_actor"),
        ("subject=00000000-0000-0000-0000-000000000007", "ledger_by_subject"),
        ("since=2026-01-01", "sqlite_autoindex_registry_ledgerentry_1"),  # by the range of indices
    ],
)
def test_each_filter_has_an_index_that_gives_the_newest_first(cast: Cast, query: str, index: str) -> None:
    told = plan(cast, query)
    assert index in told
    assert "TEMP B-TREE" not in told, "it sorts all that match"


def test_a_clock_that_was_set_back_hides_nothing(cast: Cast) -> None:
    append(cast, 5)
    last = max(indices(cast))
    tamper(
        "UPDATE registry_ledgerentry SET recorded_at = '2001-02-03 04:05:06' WHERE \"index\" = %s"
        % (last - 3)
    )
    assert shown(cast, until="2001-02-03") == [last - 3]
    assert last - 3 not in shown(cast, since="2001-02-04")
    assert {last, last - 4} <= set(shown(cast, since="2001-02-04"))


def test_a_machine_that_is_called_as_a_member_is_found_with_them(cast: Cast) -> None:
    with record.transaction():
        record.event(
            "member.reactivated",
            organisation_id=cast.acme.pk,
            subject=cast.acme,
            actor=Actor.system("olga"),
            user_id="1",
            user="Somebody",
        )
    assert shown(cast, actor="olga") == indices(cast, actor_id__in=["olga", str(cast.olga.pk)])
    assert indices(cast, actor_id="olga")


def test_a_time_takes_one_query_more(cast: Cast) -> None:
    assert queries(cast, "/log?since=2026-01-01") == queries(cast, "/log?event=role.granted") + 1
    assert browser(cast).get("/log?since=2101-01-01").status_code == 200
