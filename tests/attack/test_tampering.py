"""Fourteen tamperings with all rights on the database: who notices, at which entry, and who does not.

CI takes the same few random places of each kind every time. ASSAY_ATTACK_PLACES=40 takes so many of each, in logs of
ten shapes, and 200 clean logs, others each time; a failure names the seed, and ASSAY_ATTACK_SEED repeats it.
"""

import os
import secrets
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from registry.services import anchors, checkpoints, log_keys
from tests.attack.acts import Done, cut_under_the_anchor, sign_anew
from tests.attack.kinds import KINDS, Kind
from tests.attack.scene import YES, Found, Looked, Scene, clean_scene, make_scene, pinned
from tests.cast import Cast
from tests.governance.conftest import printer
from tests.registry.ledger.lifted import guards_down
from tests.registry.test_checkpoints import append

__all__ = ["printer"]
PLACES = 4  # of each kind in a log of one shape
NIGHTLY = os.environ.get("ASSAY_ATTACK_PLACES")
SHAPES = -(-int(NIGHTLY or PLACES) // PLACES)
CLEAN = 20 * SHAPES
SEED = int(os.environ.get("ASSAY_ATTACK_SEED") or (secrets.randbelow(10**6) if NIGHTLY else 0))


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, settings: Any) -> Path:
    (tmp_path / "outside").mkdir()
    settings.ASSAY_LOG_STATE_DIR = tmp_path / "state"
    settings.ASSAY_LOG_KEYS = f"file:{tmp_path / 'keys'}"
    settings.ASSAY_LOG_ANCHORS = [f"file:{tmp_path / 'outside'}"]
    return tmp_path


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> Random:
    return Random(f"{SEED} {request.node.name}")


@pytest.fixture
def scene(cast: Cast, printer: None, folders: Path, chance: Random) -> Scene:
    made = make_scene(cast, folders, chance)
    guards_down()  # as the owner of the database may, and whoever has the file
    return made


def agrees(found: Found, expected: Found) -> bool:
    """Whether it was noticed or not as expected, and, where an index is expected, at that entry."""
    return (found is None) == (expected is None) if expected is None or expected is YES else found == expected


@pytest.mark.parametrize("shape", range(SHAPES))
def test_who_notices(shape: int, scene: Scene, chance: Random) -> None:
    wrong = [
        f"{kind.name} ({kind.what}) at entry {done.place}: {name} says {found[name]}, expected {word}"
        for kind, done, found, expected in attacked(scene, chance)
        for name, word in expected.items()
        if not agrees(found[name], word)
    ]
    assert not wrong, f"seed {SEED}, signed {scene.signed}: {wrong}"


def attacked(scene: Scene, chance: Random) -> Iterator[tuple[Kind, Done, Looked, Looked]]:
    """Each kind at some places: what everybody found, and what they must."""
    for kind in KINDS:
        noticed: Counter[str] = Counter()
        for _ in range(PLACES):
            with scene.undone():
                done = kind.act(scene, chance)
                found = scene.look()
                yield kind, done, found, kind.expected(scene, done)
            noticed.update(name for name, word in found.items() if word is not None)
        sys.stdout.write(f"{kind.name}: of {PLACES} places noticed {dict(noticed)}\n")  # pytest -rP shows it


def test_nothing_was_done_and_nobody_says_so(scene: Scene) -> None:
    for _ in range(2):
        with scene.undone():
            assert not any(word is not None for word in scene.look().values())


def test_a_new_key_fools_who_takes_the_key_from_the_log(scene: Scene, chance: Random) -> None:
    with scene.undone():
        sign_anew(scene, chance)
        assert scene.look()["checkpoint"] == 0
        scene.policy = pinned(scene.cast)
        assert scene.client() is None


def test_a_receipt_shows_the_cut_even_where_its_checkpoint_is_gone(scene: Scene, chance: Random) -> None:
    with scene.undone():
        done = cut_under_the_anchor(scene, chance)
        assert scene.look()["receipt"] == done.place


@pytest.mark.parametrize("number", range(CLEAN))
def test_a_clean_log_gives_no_false_alarm(
    number: int, cast: Cast, folders: Path, chance: Random, settings: Any
) -> None:
    """Logs of any shape: long and short steps, keys that were replaced, anchors that came late or never."""
    steps: dict[str, Callable[[], object]] = {
        "append": lambda: append(cast, chance.choice([1, 1, 2, 3, 60, 255, 256, 257])),
        "sign": lambda: checkpoints.issue(cast.acme.pk),
        "anchor": lambda: anchors.anchor(cast.acme.pk),
        "change the key": lambda: log_keys.replace(
            actor=cast.actor("cora"), organisation=cast.acme, reason="The yearly change."
        ),
    }
    for _ in range(chance.randint(1, 8)):
        steps[chance.choices(list(steps), [5, 4, 3, 1])[0]]()
    checkpoints.issue(cast.acme.pk)
    found = clean_scene(cast, folders, chance).look()
    assert not any(word is not None for word in found.values()), f"seed {SEED}: {found}"
