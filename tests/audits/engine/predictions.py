"""Small files of predictions, written for one test."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

HEADER = ("sex", "label", "prediction")
MAPPING: dict[str, Any] = {
    "task": "binary", "label": "label", "prediction": "prediction", "positive": "1", "sensitive": ["sex"],
}  # fmt: skip


def predictions(
    path: Path,
    header: Sequence[str] = HEADER,
    rows: Iterable[Sequence[Any]] | None = None,
    **groups: tuple[int, int, int, int],
) -> Path:
    """A CSV file of rows, or of groups given as tp, fp, fn, tn."""
    if rows is None:
        rows = [
            (group, label, prediction)
            for group, counts in groups.items()
            for (label, prediction), count in zip(((1, 1), (0, 1), (1, 0), (0, 0)), counts, strict=True)
            for _ in range(count)
        ]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def document(path: Path, content: Any) -> Path:
    """A JSON file."""
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
