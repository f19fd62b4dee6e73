"""XGBoost JSON models written by hand, so that every number in them is known, and the files they score."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audits.sandbox.results import ModelRef

# A leaf is its value and its cover (rows that reach it); a split is (feature, threshold, left, right).
# Rows with a value below the threshold, or without a value, go left.
Leaf = tuple[float, float]
Node = Any
_NO_PARENT = 2147483647


def tree(root: Node) -> dict[str, Any]:
    """The arrays of one tree, numbered level by level as the library does."""
    queue: list[tuple[Node, int]] = [(root, _NO_PARENT)]
    nodes: list[dict[str, Any]] = []
    while queue:
        node, parent = queue.pop(0)
        number = len(nodes)
        row: dict[str, Any] = {"parent": parent, "left": -1, "right": -1, "feature": 0, "cover": cover(node)}
        if parent != _NO_PARENT:
            nodes[parent]["left" if nodes[parent]["left"] == -1 else "right"] = number
        if len(node) == 4:
            row["feature"], row["condition"] = node[0], node[1]
            queue += [(node[2], number), (node[3], number)]
        else:
            row["condition"] = node[0]
        nodes.append(row)
    return _arrays(nodes)


def cover(node: Node) -> float:
    """Rows that reach the node."""
    return float(node[1]) if len(node) == 2 else cover(node[2]) + cover(node[3])


def _arrays(nodes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    zeros = [0] * len(nodes)
    return {
        "base_weights": [0.0] * len(nodes),
        "categories": [],
        "categories_nodes": [],
        "categories_segments": [],
        "categories_sizes": [],
        "default_left": [int(node["left"] != -1) for node in nodes],
        "id": 0,
        "left_children": [node["left"] for node in nodes],
        "loss_changes": [0.0] * len(nodes),
        "parents": [node["parent"] for node in nodes],
        "right_children": [node["right"] for node in nodes],
        "split_conditions": [float(node["condition"]) for node in nodes],
        "split_indices": [node["feature"] for node in nodes],
        "split_type": zeros,
        "sum_hessian": [node["cover"] for node in nodes],
        "tree_param": {
            "num_deleted": "0",
            "num_feature": "0",
            "num_nodes": str(len(nodes)),
            "size_leaf_vector": "1",
        },
    }


def document(
    roots: Sequence[Node], features: Sequence[str], objective: str = "reg:squarederror", base: str = "0E0"
) -> dict[str, Any]:
    """A whole model: the margin of a row is the sum of the trees' leaves (and the base score)."""
    trees = [tree(root) | {"id": number} for number, root in enumerate(roots)]
    for one in trees:
        one["tree_param"]["num_feature"] = str(len(features))
    model = {
        "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(len(trees))},
        "iteration_indptr": list(range(len(trees) + 1)),
        "tree_info": [0] * len(trees),
        "trees": trees,
    }
    learner = {
        "attributes": {},
        "feature_names": list(features),
        "feature_types": ["float"] * len(features),
        "gradient_booster": {"model": model, "name": "gbtree"},
        "learner_model_param": {
            "base_score": base,
            "boost_from_average": "1",
            "num_class": "0",
            "num_feature": str(len(features)),
            "num_target": "1",
        },
        "objective": {"name": objective, "reg_loss_param": {"scale_pos_weight": "1"}},
    }
    return {"learner": learner, "version": [3, 4, 1]}


# Two trees over three features: enough for interaction, small enough to enumerate.
ROOTS = (
    ("income", 30.0, ("debt", 0.5, (-0.4, 30), (-1.1, 20)), ("age", 40.0, (0.3, 25), (1.2, 25))),
    ("debt", 0.25, (0.6, 45), ("income", 50.0, (-0.7, 40), (0.1, 15))),
)
FEATURES = ("age", "debt", "income")


def numbered(node: Node) -> Node:
    """The same tree with the features' places instead of their names."""
    if len(node) == 2:
        return node
    return (FEATURES.index(node[0]), node[1], numbered(node[2]), numbered(node[3]))


def small_model(folder: Path) -> ModelRef:
    """A credit model with two trees, stored."""
    roots = [numbered(root) for root in ROOTS]
    return store(folder, document(roots, FEATURES, "binary:logistic", base="5E-1"))


def store(folder: Path, content: object, name: str = "model.json") -> ModelRef:
    """Write bytes, or anything else as JSON, and refer to it as XGBoost JSON by its true digest."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    path = folder / name
    path.write_bytes(data)
    return ModelRef(path, "xgboost_json", f"sha256:{hashlib.sha256(data).hexdigest()}")


def margin(row: Mapping[str, float | None]) -> float:
    """The small model's log-odds for one row, walked by hand."""
    return sum(_walk(root, row) for root in ROOTS)


def _walk(node: Node, row: Mapping[str, float | None]) -> float:
    if len(node) == 2:
        return float(node[0])
    value = row[node[0]]
    return _walk(node[2] if value is None or value < node[1] else node[3], row)


def table(folder: Path, columns: Mapping[str, Sequence[Any] | pa.Array], name: str = "data.parquet") -> Path:
    """Store columns as Parquet."""
    path = folder / name
    pq.write_table(pa.table(dict(columns)), path)
    return path


def people(rows: int) -> dict[str, list[Any]]:
    """Rows that reach every leaf of the small model."""
    return {
        "sex": ["woman" if row % 3 == 0 else "man" for row in range(rows)],
        "income": [float(20 + row * 7 % 50) for row in range(rows)],
        "age": [20 + row * 11 % 45 for row in range(rows)],
        "debt": [row * 13 % 100 / 100 for row in range(rows)],
    }
