"""A model file is never trusted: another format is refused unread, and a broken one with the place of the break."""

import copy
import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audits.sandbox import formats, jobs
from audits.sandbox.child import trees, xgboost_json
from audits.sandbox.child.channel import Refusal
from audits.sandbox.errors import SandboxFailed, SandboxRefused
from audits.sandbox.limits import SandboxLimits
from audits.sandbox.results import ModelRef
from tests.audits.sandbox import handmade

Change = Callable[[dict[str, Any]], None]


class Canary:
    """Says that somebody opened the pickle, by a file."""

    def __init__(self, nest: Path) -> None:
        self.nest = nest

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.nest,))


def disguises(nest: Path) -> dict[str, bytes]:
    pickles = {f"protocol {n}": pickle.dumps(Canary(nest), protocol=n) for n in range(6)}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("data.pkl", pickles["protocol 2"])
    return {
        **pickles,
        "zip": archive.getvalue(),
        "gzip": b"\x1f\x8b\x08" + pickles["protocol 2"],
        "array of objects": b"\x93NUMPY\x01\x00" + pickles["protocol 2"],
        "binary JSON": b"{L\x00\x00\x00\x00\x00\x00\x00\x07learner",
        "byte order mark": b"\xef\xbb\xbf{}",
        "empty": b"",
        "a pickle after a brace": b"{ " + pickles["protocol 2"],
    }


DISGUISES = tuple(disguises(Path("/nowhere")))


def refused(tmp_path: Path, model: ModelRef) -> SandboxRefused:
    data = handmade.table(tmp_path, handmade.people(3))
    with pytest.raises(SandboxRefused) as caught:
        jobs.score(model, data, (), tmp_path / "scores.parquet")
    return caught.value


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_pickle_called_json_is_not_opened(tmp_path: Path, disguise: str) -> None:
    nest = tmp_path / "canary"
    model = handmade.store(tmp_path, disguises(nest)[disguise])
    caught = refused(tmp_path, model)
    assert caught.code in ("format.mismatch", "model.malformed")
    assert not nest.exists()


@pytest.mark.parametrize("declared", ["pickle", "joblib", "skops", "onnx", "xgboost_ubj", "XGBOOST_JSON", ""])
def test_another_format_is_refused_before_the_file_is_touched(tmp_path: Path, declared: str) -> None:
    model = ModelRef(tmp_path / "not-even-there", declared, "sha256:0")
    caught = refused(tmp_path, model)
    assert caught.code == "format.unsafe"
    assert repr(declared) in caught.message
    assert "booster.save_model('model.json')" in caught.message


def test_the_canary_of_these_tests_sings(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Canary(tmp_path / "canary")))
    assert (tmp_path / "canary").exists()


def test_other_bytes_than_registered_are_refused(tmp_path: Path) -> None:
    model = handmade.small_model(tmp_path)
    model.path.write_bytes(model.path.read_bytes().replace(b"0.3", b"0.4", 1))
    caught = refused(tmp_path, model)
    assert caught.code == "model.digest"
    assert model.digest in caught.message


def small() -> dict[str, Any]:
    roots = [handmade.numbered(root) for root in handmade.ROOTS]
    return handmade.document(roots, handmade.FEATURES, "binary:logistic", base="5E-1")


def booster_of(document: dict[str, Any]) -> dict[str, Any]:
    model: dict[str, Any] = document["learner"]["gradient_booster"]["model"]
    return model


def in_tree(name: str, node: int, value: object) -> Change:
    def change(document: dict[str, Any]) -> None:
        booster_of(document)["trees"][0][name][node] = value

    return change


def tree_part(name: str, value: object) -> Change:
    def change(document: dict[str, Any]) -> None:
        booster_of(document)["trees"][0][name] = value

    return change


def learner_part(*path: str, value: object) -> Change:
    def change(document: dict[str, Any]) -> None:
        place = document["learner"]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


BREAKS: dict[str, tuple[Change, str]] = {
    "child far away": (in_tree("left_children", 1, 99_999), "left child of node 1 is 99999, and there are 7 nodes"),
    "child negative": (in_tree("right_children", 2, -100), "right child of node 2 is -100"),
    "child beyond 64 bits": (in_tree("left_children", 0, 2**70), "left_children holds something"),
    "child is the root": (in_tree("left_children", 1, 0), "left child of node 1 is 0"),
    "children in a circle": (in_tree("left_children", 2, 2), "two nodes share|names another parent"),
    "child shared": (in_tree("left_children", 2, 3), "two nodes share a child"),
    "one child only": (in_tree("left_children", 1, -1), "one child only"),
    "child a fraction": (in_tree("left_children", 1, 3.5), "left_children holds something that is not a whole number"),
    "child a text": (in_tree("left_children", 1, "3"), "left_children holds something that is not a whole number"),
    "child a list": (in_tree("left_children", 1, [3]), "left_children is not a flat list"),
    "split on no feature": (in_tree("split_indices", 0, 3), "feature number 3, and there are 3 features"),
    "split on a negative feature": (in_tree("split_indices", 0, -1), "splits on feature number"),
    "arrays of two lengths": (tree_part("split_conditions", [0.0]), "split_conditions has 1 entries where 7 belong"),
    "array missing": (tree_part("parents", None), "parents is missing"),
    "nodes miscounted": (
        tree_part("tree_param", {"num_nodes": "8", "size_leaf_vector": "1"}), "says 8 nodes and holds 7"
    ),
    "vector leaves": (tree_part("tree_param", {"num_nodes": "7", "size_leaf_vector": "3"}), "several values"),
    "leaf too large": (in_tree("split_conditions", 3, 1e39), "split_conditions holds something that is not a finite"),
    "negative cover": (in_tree("sum_hessian", 3, -1.0), "negative weight"),
    "category split": (in_tree("split_type", 0, 1), "splits on categories"),
    "direction three": (in_tree("default_left", 0, 3), "default_left"),
    "tree a text": (lambda d: booster_of(d)["trees"].__setitem__(0, "tree"), "in tree 0, it is not an object"),
    "trees miscounted": (lambda d: booster_of(d)["trees"].pop(), "says 2 trees but holds 1"),
    "trees of two outputs": (lambda d: booster_of(d).update(tree_info=[0, 1]), "several outputs"),
    "iterations out of order": (lambda d: booster_of(d).update(iteration_indptr=[0, 9, 2]), "do not divide"),
    "no names": (learner_part("feature_names", value=[]), "carries no feature names"),
    "name twice": (learner_part("feature_names", value=["a", "a", "b"]), "says 3 features but names 2"),
    "name a number": (learner_part("feature_names", value=["a", "b", 3]), "not a list of texts"),
    "category feature": (learner_part("feature_types", value=["c", "float", "float"]), "not numbers"),
    "several classes": (learner_part("learner_model_param", "num_class", value="3"), "several outputs"),
    "too many features": (learner_part("learner_model_param", "num_feature", value="2147483647"), "2147483647"),
    "features not counted": (learner_part("learner_model_param", "num_feature", value="-1"), "not a count"),
    "another objective": (learner_part("objective", "name", value="multi:softprob"), "'multi:softprob' is not one of"),
    "another booster": (learner_part("gradient_booster", "name", value="dart"), "booster is 'dart'"),
    "no learner": (lambda d: d.pop("learner"), "'learner' is missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_model_is_refused_with_the_place(name: str) -> None:
    change, sentence = BREAKS[name]
    document = small()
    change(document)
    with pytest.raises(Refusal, match=sentence) as caught:
        xgboost_json.check(json.dumps(document).encode())
    assert caught.value.code == "model.malformed"


def test_the_unbroken_model_is_accepted() -> None:
    assert xgboost_json.check(json.dumps(small()).encode()).features == handmade.FEATURES


RAW: dict[str, tuple[bytes, str]] = {
    "truncated": (json.dumps(small()).encode()[:-40], "not JSON"),
    "key twice": (b'{"learner": {}, "learner": {}}', "'learner' is given twice"),
    "not a number": (b'{"learner": NaN}', "it holds NaN"),
    "infinite": (b'{"learner": {"x": -Infinity}}', "it holds -Infinity"),
    "a list": (b"[1, 2]", "not a JSON object"),
    "deep lists": (b'{"learner": ' + b"[" * 500_000, "nested deeper than 16"),
    "deep objects": (b'{"a":' * 500_000, "nested deeper than 16"),
    "a little too deep": (b'{"learner": ' + b"[" * 20 + b"]" * 20 + b"}", "nested deeper than 16"),
    "not UTF-8": (b'{"learner": "\xff"}', "not UTF-8 text at byte 13"),
    "five thousand digits": (b'{"learner": ' + b"1" * 5_000 + b"}", "not JSON"),
    "control characters in a name": (b'{"a\\u001b[2J": 1, "a\\u001b[2J": 2}', "given twice"),
}


@pytest.mark.parametrize("name", RAW)
def test_bytes_that_are_no_model_are_refused(name: str) -> None:
    raw, sentence = RAW[name]
    with pytest.raises(Refusal, match=sentence) as caught:
        xgboost_json.check(raw)
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 2_000


def chain(depth: int) -> dict[str, Any]:
    root: Any = (0.5, 1.0)
    for _ in range(depth):
        root = (0, 0.5, (0.5, 1.0), root)
    return handmade.document([root], ["a"])


def test_a_tree_deeper_than_anybody_trains_is_refused() -> None:
    with pytest.raises(Refusal, match="deeper than 64 levels"):
        xgboost_json.check(json.dumps(chain(70)).encode())


def test_a_bush_of_a_million_nodes_is_refused() -> None:
    document = handmade.document([(0.5, 1.0)], ["a"])
    with pytest.raises(Refusal, match="says 1000001 nodes and holds 1000001"):
        xgboost_json.check(json.dumps(grown(document, trees.MAX_TREE_NODES + 1)).encode())


def grown(document: dict[str, Any], nodes: int) -> dict[str, Any]:
    """The same document with one balanced tree of this many nodes (an odd number)."""
    inner = nodes // 2
    left = [2 * node + 1 if node < inner else -1 for node in range(nodes)]
    tree = copy.deepcopy(booster_of(document)["trees"][0])
    tree |= {
        "left_children": left,
        "right_children": [child + 1 if child > 0 else -1 for child in left],
        "parents": [2147483647] + [(node - 1) // 2 for node in range(1, nodes)],
        "tree_param": {"num_feature": "1", "num_nodes": str(nodes), "size_leaf_vector": "1"},
    }
    for name in ("base_weights", "loss_changes", "split_conditions"):
        tree[name] = [0.0] * nodes
    for name in ("split_indices", "split_type", "default_left"):
        tree[name] = [0] * nodes
    tree["sum_hessian"] = [1.0] * nodes
    booster_of(document)["trees"] = [tree]
    return document


@pytest.mark.slow
def test_a_large_model_meets_a_limit_or_is_scored_and_the_next_job_works(tmp_path: Path) -> None:
    document = grown(handmade.document([(0.5, 1.0)], ["debt"]), 999_999)
    model = handmade.store(tmp_path, document, "large.json")
    data = handmade.table(tmp_path, handmade.people(50))
    jobs.score(model, data, (), tmp_path / "large.parquet")
    with pytest.raises(SandboxFailed) as caught:
        jobs.score(model, data, (), tmp_path / "large.parquet", SandboxLimits(cpu_seconds=1))
    assert caught.value.code == "sandbox.cpu"
    with pytest.raises(SandboxFailed) as caught:
        jobs.score(model, data, (), tmp_path / "large.parquet", SandboxLimits(memory_bytes=500 * 2**20))
    assert caught.value.code == "sandbox.memory"
    jobs.score(handmade.small_model(tmp_path), data, (), tmp_path / "scores.parquet")


def test_a_broken_model_in_the_sandbox_is_a_refusal_and_the_next_job_works(tmp_path: Path) -> None:
    document = small()
    in_tree("left_children", 1, 99_999)(document)
    caught = refused(tmp_path, handmade.store(tmp_path, document))
    assert caught.message == (
        "The model cannot be used: in tree 0, the left child of node 1 is 99999, and there are 7 nodes."
        " Save the model again with booster.save_model('model.json')."
    )
    data = handmade.table(tmp_path, handmade.people(3))
    assert jobs.score(handmade.small_model(tmp_path), data, (), tmp_path / "scores.parquet").rows == 3


def test_only_one_format_is_openable() -> None:
    assert formats.OPENABLE == ("xgboost_json",)
