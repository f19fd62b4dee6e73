"""Prove that one tree of an XGBoost JSON model is a tree: arrays of one length, every child in range, no way round."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]

# Exact SHAP values cost the square of the depth, and the library recurses by it.
MAX_DEPTH = 64
MAX_TREE_NODES = 1_000_000
_LEAF = -1


class Broken(Exception):
    """What is wrong with the tree, to be put after its number."""


def check(tree: object, features: int) -> int:
    """The number of nodes of a sound tree over this many features."""
    if not isinstance(tree, dict):
        raise Broken("it is not an object")
    nodes = _size(tree)
    left, right = integers(tree, "left_children", nodes), integers(tree, "right_children", nodes)
    _check_children(left, right)
    depth_first = _walk(left, right)
    _check_parents(tree, left, right, depth_first)
    _check_splits(tree, left, depth_first, features)
    if reals(tree, "sum_hessian", nodes)[depth_first].min() < 0:
        raise Broken("a node covers a negative weight of rows")
    reals(tree, "base_weights", nodes)
    reals(tree, "loss_changes", nodes)
    return nodes


def _size(tree: dict[str, Any]) -> int:
    parameters = tree.get("tree_param")
    if not isinstance(parameters, dict):
        raise Broken("tree_param is missing")
    if str(parameters.get("size_leaf_vector", "1")) not in ("0", "1"):
        raise Broken("its leaves hold several values, and one is needed")
    written = str(parameters.get("num_nodes"))
    left = tree.get("left_children")
    held = len(left) if isinstance(left, list) else 0
    if written != str(held) or not 0 < held <= MAX_TREE_NODES:
        raise Broken(f"it says {written[:20]} nodes and holds {held}")
    return held


def integers(source: dict[str, Any], name: str, length: int) -> Integers:
    """The named list of whole numbers, which must have this length."""
    values = whole_numbers(source.get(name), name)
    if len(values) != length:
        raise Broken(f"{name} has {len(values)} entries where {length} belong")
    return values


def whole_numbers(values: object, name: str) -> Integers:
    """A flat list of whole numbers."""
    array = _flat(values, name)
    if len(array) and array.dtype.kind not in "ib":
        raise Broken(f"{name} holds something that is not a whole number")
    return array.astype(np.int64)


def reals(source: dict[str, Any], name: str, length: int) -> Reals:
    """The named list of finite numbers, which must have this length."""
    array = _flat(source.get(name), name)
    if len(array) != length:
        raise Broken(f"{name} has {len(array)} entries where {length} belong")
    # The library keeps 32 bits: what is too large for them would become infinite there.
    if array.dtype.kind not in "if" or not (np.abs(array) <= np.finfo(np.float32).max).all():
        raise Broken(f"{name} holds something that is not a finite number")
    return array.astype(np.float64)


def _flat(values: object, name: str) -> NDArray[Any]:
    if not isinstance(values, list):
        raise Broken(f"{name} is missing or is not a list")
    try:
        array = np.array(values)
    except (ValueError, OverflowError) as error:
        raise Broken(f"{name} is not a flat list") from error
    if array.ndim != 1:
        raise Broken(f"{name} is not a flat list")
    return array


def _check_children(left: Integers, right: Integers) -> None:
    nodes = len(left)
    for side, children in (("left", left), ("right", right)):
        wrong = np.flatnonzero((children < _LEAF) | (children >= nodes) | (children == 0))
        if len(wrong):
            node = int(wrong[0])
            raise Broken(
                f"the {side} child of node {node} is {int(children[node])}, and there are {nodes} nodes"
            )
    if ((left == _LEAF) != (right == _LEAF)).any():
        raise Broken("a node has one child only")
    used = np.concatenate([left[left != _LEAF], right[right != _LEAF]])
    if len(np.unique(used)) != len(used):
        raise Broken("two nodes share a child")


def _walk(left: Integers, right: Integers) -> Integers:
    """The nodes that can be reached from the root. No child is shared and none is the root, so the way down ends."""
    level = np.zeros(1, dtype=np.int64)
    reached = [level]
    for _ in range(MAX_DEPTH):
        inner = level[left[level] != _LEAF]
        if not len(inner):
            return np.concatenate(reached)
        level = np.concatenate([left[inner], right[inner]])
        reached.append(level)
    raise Broken(f"it is deeper than {MAX_DEPTH} levels")


def _check_parents(tree: dict[str, Any], left: Integers, right: Integers, reached: Integers) -> None:
    parents = integers(tree, "parents", len(left))
    inner = reached[left[reached] != _LEAF]
    if (parents[left[inner]] != inner).any() or (parents[right[inner]] != inner).any():
        raise Broken("a node names another parent than the one it hangs from")


def _check_splits(tree: dict[str, Any], left: Integers, reached: Integers, features: int) -> None:
    nodes = len(left)
    inner = reached[left[reached] != _LEAF]
    indices = integers(tree, "split_indices", nodes)[inner]
    if len(indices) and (indices.min() < 0 or indices.max() >= features):
        raise Broken(f"it splits on feature number {int(indices.max())}, and there are {features} features")
    if "split_type" in tree and integers(tree, "split_type", nodes).any():
        raise Broken("it splits on categories; encode categories as numbers before training")
    if any(
        tree.get(name)
        for name in ("categories", "categories_nodes", "categories_segments", "categories_sizes")
    ):
        raise Broken("it splits on categories; encode categories as numbers before training")
    defaults = integers(tree, "default_left", nodes)
    if defaults.min() < 0 or defaults.max() > 1:
        raise Broken("default_left holds something that is neither 0 nor 1")
    reals(tree, "split_conditions", nodes)
