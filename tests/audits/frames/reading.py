"""Short ways for these tests to write a file and read it back."""

import tempfile
from pathlib import Path
from typing import Any

import pytest

from audits.frames.cells import Cells, ScoreCell, cells, score_cells
from audits.frames.errors import Refused
from audits.frames.limits import STANDARD, Limits
from audits.frames.mapping import Mapping
from audits.frames.report import ReadReport
from audits.frames.source import open_source

Rows = list[tuple[Any, ...]]
# Of the module, not of a test: Hypothesis writes hundreds of files within one test. Emptied at exit.
_FOLDER = tempfile.TemporaryDirectory(prefix="assay-test-")


def binary(**changes: Any) -> Mapping:
    """The mapping most of these tests use: columns group, label and prediction, positive 1."""
    declared: dict[str, Any] = {
        "task": "binary",
        "label": "label",
        "prediction": "prediction",
        "positive": "1",
        "sensitive": ["group"],
    }
    return Mapping.from_dict(declared | changes)


def written(content: str | bytes, name: str = "data.csv") -> Path:
    """A file in a folder of its own."""
    path = Path(tempfile.mkdtemp(dir=_FOLDER.name)) / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(
    content: str | bytes | Path, mapping: Mapping | None = None, limits: Limits = STANDARD
) -> tuple[ReadReport, Cells]:
    """Report and cells of a file."""
    mapping = mapping or binary()
    path = content if isinstance(content, Path) else written(content)
    with open_source(path, mapping, limits) as source:
        return source.report, cells(source, mapping)


def counts(found: Cells) -> dict[tuple[Any, ...], int]:
    """Rows by (group…, label, prediction)."""
    keys = zip(found.groups, found.label, found.prediction, strict=True)
    return {
        (*groups, *(int(code) if not isinstance(code, str | None) else code for code in codes)): int(n)
        for (groups, *codes), n in zip(keys, found.n, strict=True)
    }


def frame_rows(content: str | bytes | Path, mapping: Mapping, limits: Limits = STANDARD) -> Rows:
    """The mapped columns as they are read, row by row."""
    path = content if isinstance(content, Path) else written(content)
    with open_source(path, mapping, limits) as source:
        return list(source.frame.collect().iter_rows())


def scores(content: str | Path, mapping: Mapping, attribute: str | None = None) -> tuple[ScoreCell, ...]:
    """Score cells of a file."""
    path = content if isinstance(content, Path) else written(content)
    with open_source(path, mapping) as source:
        return score_cells(source, mapping, attribute)


def refusal(
    content: str | bytes | Path, mapping: Mapping | None = None, limits: Limits = STANDARD
) -> Refused:
    """The refusal that reading ends in."""
    with pytest.raises(Refused) as caught:
        read(content, mapping, limits)
    return caught.value
