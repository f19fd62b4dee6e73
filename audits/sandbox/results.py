"""What goes into a model job and what comes out of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A stored model: where its bytes lie, what they are said to be, and the digest they must have."""

    path: Path
    format: str
    digest: str


@dataclass(frozen=True, slots=True)
class FeatureImportance:
    """Mean |SHAP| of one feature in margin units, with the 95 % interval of that mean over the sample.

    `low` and `high` are None when the sample has one row.
    """

    feature: str
    mean_abs: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Confinement:
    """Which walls stood around the child; False means that the machine did not allow that one."""

    network: bool
    files: bool
    processes: bool
    privileges: bool

    @property
    def isolated(self) -> bool:
        """Neither a network nor another file was in the child's reach."""
        return self.network and self.files


@dataclass(frozen=True, slots=True)
class Explanation:
    """SHAP values of a sample, reduced to means; most important feature first.

    `n` rows were explained, drawn with `seed` from `rows`; `by_group` is attribute -> group -> feature -> mean |SHAP|.
    """

    method: Literal["tree_path_dependent", "interventional"]
    output: Literal["margin"]
    base_value: float
    n: int
    importance: tuple[FeatureImportance, ...]
    by_group: Mapping[str, Mapping[str, Mapping[str, float]]]
    additivity_error: float
    rows: int = 0
    seed: int = 0
    group_sizes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    background_rows: int = 0
    ignored_features: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    confinement: Confinement | None = None

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Scored:
    """A column of scores in the order of the rows: probability of the positive class, or the predicted value."""

    path: Path
    rows: int
    output: Literal["probability", "value"]
    ignored_features: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    confinement: Confinement | None = None
