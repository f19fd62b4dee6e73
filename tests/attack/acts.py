"""What is done to a log, each a small function: it draws a place, does it with the owner's rights, and says where."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from django.test import override_settings

from governance.fold.rules import RULES
from registry.ledger.models import LedgerHead
from registry.ledger.notes import VerifierKey
from registry.services import checkpoints
from tests.attack.database import Row
from tests.attack.scene import Scene
from tests.registry.test_checkpoints import append


@dataclass(frozen=True)
class Done:
    """Where it was done, and what follows for the tables: whether the log now tells of other rows than there are."""

    place: int
    otherwise: bool = False


Act = Callable[[Scene, Random], Done]


def _edited(row: Row, chance: Random) -> Row:
    told = row.told
    texts = [key for key, value in told["data"].items() if isinstance(value, str) and value]
    if texts and chance.random() < 0.7:
        key = chance.choice(texts)
        told["data"][key] = told["data"][key][:-1] + ("a" if told["data"][key][-1] != "a" else "b")
    else:
        told["at"] = f"19{told['at'][2:]}"
    return row.saying(told)


def _signed_place(scene: Scene, chance: Random, first: int = 0) -> int:
    return chance.randrange(first, scene.signed[2])


def edit(scene: Scene, chance: Random) -> Done:
    place = _signed_place(scene, chance)
    changed = _edited(scene.rows[place], chance)
    scene.database.update(Row(place, changed.body, scene.rows[place].leaf, ()))
    return _told(scene, place, [*scene.rows[:place], changed, *scene.rows[place + 1 :]])


def edit_with_hash(scene: Scene, chance: Random) -> Done:
    place = _signed_place(scene, chance)
    changed = _edited(scene.rows[place], chance)
    scene.database.update(changed)
    return _told(scene, place, [*scene.rows[:place], changed, *scene.rows[place + 1 :]])


def edit_to_the_end(scene: Scene, chance: Random) -> Done:
    return _edit_to_the_end(scene, chance, _signed_place(scene, chance))


def edit_behind_the_last_checkpoint(scene: Scene, chance: Random) -> Done:
    return _edit_to_the_end(scene, chance, chance.randrange(scene.signed[2], len(scene.rows)))


def _edit_to_the_end(scene: Scene, chance: Random, place: int) -> Done:
    rows = [*scene.rows[:place], _edited(scene.rows[place], chance), *scene.rows[place + 1 :]]
    return _rewritten(scene, place, rows)


def delete(scene: Scene, chance: Random) -> Done:
    place = _governed(scene, chance)
    scene.database.delete(place)
    return _told(scene, place, scene.rows[:place] + scene.rows[place + 1 :])


def delete_to_the_end(scene: Scene, chance: Random) -> Done:
    place = _governed(scene, chance)
    return _rewritten(scene, place, scene.rows[:place] + scene.rows[place + 1 :])


def cut_behind_the_anchor(scene: Scene, chance: Random) -> Done:
    return _cut(scene, chance.randrange(scene.signed[1], scene.signed[2]), tables=chance.random() < 0.5)


def cut_behind_the_last_checkpoint(scene: Scene, chance: Random) -> Done:
    return _cut(scene, scene.signed[2], tables=chance.random() < 0.5)


def cut_under_the_anchor(scene: Scene, chance: Random) -> Done:
    return _cut(scene, chance.randrange(scene.signed[0], scene.signed[1]), tables=chance.random() < 0.5)


def _cut(scene: Scene, size: int, *, tables: bool) -> Done:
    scene.database.cut(size)
    scene.database.drop_checkpoints(size)
    scene.put_back(size)
    if tables:
        scene.cut_tables()
    return Done(size, otherwise=not tables)


def insert(scene: Scene, chance: Random) -> Done:
    place = _signed_place(scene, chance, first=1)
    model = chance.choice(
        [row for row in scene.rows if row.told["event"] in ("role.granted", "member.reactivated")]
    )
    told = model.told | {
        "at": scene.rows[place - 1].told["at"],
        "subject": {**model.told["subject"], "id": str(uuid.uuid4())},
    }
    rows = [*scene.rows[:place], model.saying(told), *scene.rows[place:]]
    return _rewritten(scene, place, rows)


def swap(scene: Scene, chance: Random) -> Done:
    first, second = sorted(chance.sample(range(scene.signed[2]), 2))
    rows = list(scene.rows)
    rows[first], rows[second] = rows[second], rows[first]
    return _rewritten(scene, first, rows)


def restore_and_continue(scene: Scene, chance: Random) -> Done:
    return _continued(scene, chance, chance.randint(1, 60))


def continue_twice(scene: Scene, chance: Random) -> Done:
    return _continued(scene, chance, None)


def _continued(scene: Scene, chance: Random, count: int | None) -> Done:
    """The whole database as it was, then other entries, signed with the true key by who holds both."""
    done = _cut(scene, chance.randrange(scene.signed[0], scene.signed[1]), tables=True)
    append(scene.cast, count or len(scene.rows) - done.place)
    with override_settings(ASSAY_LOG_ANCHORS=[]):
        assert checkpoints.issue(scene.cast.acme.pk)
    return done


def sign_anew(scene: Scene, chance: Random) -> Done:
    done = edit_to_the_end(scene, chance)
    origin = LedgerHead.objects.get(pk=scene.cast.acme.pk).origin
    private = Ed25519PrivateKey.generate()
    scene.database.sign_all(
        origin, VerifierKey(origin, private.public_key().public_bytes_raw()), private.sign
    )
    if chance.random() < 0.5:
        scene.put_back(0)
    return done


# Changes that a service forgot to tell, or that somebody makes beside the services.
BESIDE = (
    "UPDATE registry_modelversion SET stage = 'retired'",
    "UPDATE registry_modelversion SET version = '7'",
    "UPDATE registry_system SET risk_tier = 'minimal'",
    "UPDATE registry_document SET digest = 'sha256:0' WHERE kind = 'model_card'",
    "UPDATE registry_rolegrant SET role = 'approver' WHERE role = 'developer'",
    "UPDATE audits_auditrun SET state = 'errored'",
    "UPDATE audits_checkplan SET seed = seed + 1",
    "UPDATE governance_approvalrequest SET state = 'withdrawn'",
    "UPDATE governance_vote SET verdict = 'reject' WHERE role = 'approver'",
    "UPDATE governance_policy SET digest = 'sha256:0'",
    "UPDATE governance_report SET pdf_digest = 'sha256:0'",
    "UPDATE governance_decision SET verdict = 'block' WHERE verdict = 'allow'",
)


def tell_nothing(scene: Scene, chance: Random) -> Done:
    with connection.cursor() as cursor:
        cursor.execute(chance.choice(BESIDE))
        assert cursor.rowcount > 0
    return Done(len(scene.rows), otherwise=True)


def flip_body(scene: Scene, chance: Random) -> Done:
    place = _signed_place(scene, chance)
    row = scene.rows[place]
    scene.database.update(Row(place, _flipped(row.body, chance), row.leaf, ()))
    return Done(place)


def flip_hash(scene: Scene, chance: Random) -> Done:
    place = _signed_place(scene, chance)
    row = scene.rows[place]
    scene.database.update(Row(place, row.body, _flipped(row.leaf, chance), ()))
    return Done(place)


def flip_tile(scene: Scene, chance: Random) -> Done:
    place = chance.randrange(scene.tiled)
    number = place // 256
    hashes = b"".join(row.leaf for row in scene.rows[number * 256 : number * 256 + 256])
    at = place % 256 * 32
    flipped = hashes[:at] + _flipped(hashes[at : at + 32], chance) + hashes[at + 32 :]
    scene.database.execute(
        "UPDATE registry_ledgertile SET hashes = %s WHERE level = 0 AND number = %s AND organisation_id = %s",
        flipped, number,
    )  # fmt: skip
    return Done(place)


def _flipped(data: bytes, chance: Random) -> bytes:
    place = chance.randrange(8 * len(data))
    changed = bytearray(data)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


_RULED = {rule.event for rule in RULES}


def _governed(scene: Scene, chance: Random) -> int:
    """A place in the middle whose entry changed a governed row."""
    return chance.choice([row.index for row in scene.rows[: scene.signed[2]] if row.told["event"] in _RULED])


def _rewritten(scene: Scene, place: int, rows: list[Row]) -> Done:
    scene.database.rewrite(rows, place)
    return _told(scene, place, rows)


def _told(scene: Scene, place: int, rows: list[Row]) -> Done:
    return Done(place, otherwise=scene.told_otherwise(rows))
