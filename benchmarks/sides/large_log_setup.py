"""Fills an empty database with one log of so many entries, signs it, and measures what needs the service in process.

Prints one JSON document: an auditor's token, the seconds of the checkpoints, and the proofs by stored nodes and tiles.
"""

import hashlib
import json
import os
import random
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from benchmarks.verify_log import ENTRY  # noqa: E402
from registry.actors import Actor  # noqa: E402
from registry.ledger import chain, proofs, record  # noqa: E402
from registry.ledger.models import LedgerEntry, LedgerHead  # noqa: E402
from registry.ledger.tiles import _perfect, _siblings  # noqa: E402
from registry.models import Organisation, System  # noqa: E402
from registry.services import checkpoints, systems, tokens  # noqa: E402
from registry.stages import RiskTier  # noqa: E402
from tests.cast import make_cast  # noqa: E402

GROWTH, PROOFS, EVENT = 100, 300, "approval.given"
COLUMNS = (
    "organisation_id, index, body, leaf_hash, event, recorded_at, actor_kind, actor_id, subject_kind, subject_id,"
    " system_id"
)


def body(index: int) -> bytes:
    """Bytes of the size that the service writes."""
    return (ENTRY % (index, index % 1_000_000, index, index, index, index)).encode()


def fill(organisation: Organisation, count: int) -> None:
    """Entries after those that are there, as the owner of the tables could put them there with the guards off."""
    head = record.head(organisation.pk)
    tree, now, subjects = head.tree, datetime.now(UTC), [uuid.uuid4() for _ in range(1000)]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        with cursor.copy(f"COPY registry_ledgerentry ({COLUMNS}) FROM STDIN") as rows:
            for index in range(head.size, count):
                data = body(index)
                leaf = chain.leaf_hash(data)
                tree = tree.append(leaf)
                who, what = ("person", "1"), ("model_version", subjects[index % 1000])
                rows.write_row((organisation.pk, index, data, leaf, EVENT, now, *who, *what, None))
        LedgerHead.objects.filter(pk=organisation.pk).update(
            size=tree.size, frontier=b"".join(tree.frontier), root=tree.root()
        )
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("ANALYZE registry_ledgerentry")


def grown(organisation: Organisation, actor: Actor) -> None:
    """Entries by the service, as between two checkpoints."""
    for _ in range(GROWTH):
        slug = f"s{uuid.uuid4().hex[:12]}"
        systems.register(
            actor=actor, organisation=organisation, slug=slug, name="Loans", purpose="Decide.", risk_tier=RiskTier.HIGH
        )  # fmt: skip


def seconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def nodes(row: list[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Every perfect subtree's root above the leaves: the other way to keep the tree, a row for each node."""
    level = 0
    while row:
        for number, node in enumerate(row):
            yield level, number, node
        pairs = zip(row[::2], row[1::2], strict=False)
        row = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
        level += 1


def by_nodes(index: int, size: int) -> list[bytes]:
    """An audit path from stored nodes, all of them in one query."""
    wanted = [
        [(level, begin >> level) for begin, level in _perfect(start, end)]
        for start, end in _siblings(index, 0, size)
    ]
    flat = [place for places in wanted for place in places]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.level, n.number, n.hash FROM bench_node n"
            " JOIN unnest(%s::int[], %s::bigint[]) AS w(level, number) USING (level, number)",
            [[level for level, _ in flat], [number for _, number in flat]],
        )
        found = {(level, number): bytes(node) for level, number, node in cursor.fetchall()}
    path = []
    for places in wanted:
        node = found[places[-1]]
        for place in reversed(places[:-1]):
            node = chain.node_hash(found[place], node)
        path.append(node)
    return path


def kept_both_ways(organisation: Organisation, count: int) -> dict[str, float]:
    """Milliseconds of a proof, and megabytes in the database, by tiles and by stored nodes of the same entries."""
    entries = LedgerEntry.objects.filter(organisation_id=organisation.pk, index__lt=count).order_by("index")
    leaves = [bytes(leaf) for leaf in entries.values_list("leaf_hash", flat=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_node (level int, number bigint, hash bytea, PRIMARY KEY (level, number))"
        )
        with cursor.copy("COPY bench_node FROM STDIN") as rows:
            for node in nodes(leaves):
                rows.write_row(node)
        cursor.execute("ANALYZE bench_node")
        cursor.execute(
            "SELECT pg_total_relation_size('bench_node'), pg_total_relation_size('registry_ledgertile')"
        )
        sizes = cursor.fetchone()
    chosen = random.Random(7).choices(range(count), k=PROOFS)
    times: dict[str, list[float]] = {"tiles": [], "nodes": []}
    for index in chosen:
        start = time.perf_counter()
        by_tiles = proofs.tiled(organisation.pk, count).inclusion(index)
        middle = time.perf_counter()
        if by_nodes(index, count) != by_tiles:
            raise RuntimeError(f"Tiles and nodes give two proofs of entry {index}.")
        times["nodes"].append(time.perf_counter() - middle)
        times["tiles"].append(middle - start)
    return {
        "tiles_ms": statistics.median(times["tiles"]) * 1000,
        "nodes_ms": statistics.median(times["nodes"]) * 1000,
        "tiles_mb": sizes[1] / 1e6,
        "nodes_mb": sizes[0] / 1e6,
    }


def main() -> None:
    """Fill, sign, measure."""
    count = int(sys.argv[1])
    call_command("migrate", verbosity=0)
    cast = make_cast()
    olga = cast.actor("olga")
    print("filling", file=sys.stderr)
    fill(cast.acme, count)
    found: dict[str, object] = {"first_checkpoint_s": seconds(lambda: checkpoints.issue(cast.acme.pk))}
    next_ones = []
    for _ in range(5):
        grown(cast.acme, olga)
        next_ones.append(seconds(lambda: checkpoints.issue(cast.acme.pk)))
    found["next_checkpoint_s"] = statistics.median(next_ones)
    found["kept"] = kept_both_ways(cast.acme, count // 256 * 256)
    _, found["token"] = tokens.issue(
        actor=cast.actor("aud"), organisation=cast.acme, user=cast.aud, name="benchmark"
    )
    found["systems"] = System.objects.count()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
