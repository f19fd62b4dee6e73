"""The only values a report may print: numbers, sentences and names, each bound to where it comes from."""

import math
import re
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Self

from governance.reports.errors import Unbound

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
NARROW = "\u202f"
MINUS = "\u2212"
MOST_DIGITS = 9
LARGE = 1e15


class State(StrEnum):
    """How something stands; shape, word and colour follow from it everywhere."""

    PASSED = "passed"
    WAIVED = "waived"
    INSUFFICIENT = "insufficient"
    FAILED = "failed"
    STALE = "stale"
    WAITING = "waiting"
    ERRORED = "errored"


@dataclass(frozen=True, slots=True)
class Cited:
    """One number and the evidence it comes from; without a value it says why there is none.

    `unit` is printed after the number ("rows", "%"); a plain ratio has none. `digits` are decimals.
    """

    value: float | int | None
    evidence_id: str
    unit: str = ""
    digits: int = 0
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.evidence_id:
            raise Unbound(
                f"The number {self.value!r} names no evidence. Bind it to an entry of the evidence list."
            )
        if self.value is None and not self.reason:
            raise Unbound(
                f"A value of {self.evidence_id} is missing without a reason. Say why it could not be measured."
            )
        if isinstance(self.value, bool) or (self.value is not None and not math.isfinite(self.value)):
            raise Unbound(
                f"{self.value!r} of {self.evidence_id} is not a number. Use None and a reason instead."
            )
        if not 0 <= self.digits <= MOST_DIGITS:
            raise Unbound(
                f"{self.digits} decimals were asked for; between 0 and {MOST_DIGITS} can be printed."
            )

    @property
    def words(self) -> str:
        """The number as people print it, without its unit; an en dash where there is none."""
        return "–" if self.value is None else written(self.value, self.digits)

    def at(self, digits: int) -> Self:
        """The same number with other decimals."""
        return replace(self, digits=digits)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured value with its interval and the number of rows it rests on."""

    value: Cited
    low: Cited | None
    high: Cited | None
    n: Cited | None

    @classmethod
    def of(
        cls,
        value: float | None,
        low: float | None,
        high: float | None,
        n: int | None,
        *,
        evidence_id: str,
        digits: int = 3,
        unit: str = "",
        reason: str = "",
    ) -> Self:
        """An estimate whose four numbers come from one piece of evidence."""
        point = Cited(value, evidence_id, unit, digits, reason)
        ends = [None if end is None else Cited(end, evidence_id, unit, digits) for end in (low, high)]
        return cls(point, ends[0], ends[1], None if n is None else Cited(n, evidence_id))

    def at(self, digits: int) -> Self:
        """The same estimate with other decimals."""
        low, high = (None if end is None else end.at(digits) for end in (self.low, self.high))
        return replace(self, value=self.value.at(digits), low=low, high=high)


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence and the evidence it rests on; a sentence of a person names the document it stands in."""

    text: str
    evidence: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise Unbound("A statement is empty. Leave it out, and the report says that it is missing.")
        if not self.evidence or not all(self.evidence):
            raise Unbound(f"The statement {self.text[:80]!r} names no evidence.")


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled value of one of four kinds: a name, a number, a digest or a moment. Exactly one is given."""

    label: str
    text: str = ""
    number: Cited | None = None
    digest: str = ""
    at: datetime | None = None

    def __post_init__(self) -> None:
        if sum((bool(self.text), self.number is not None, bool(self.digest), self.at is not None)) != 1:
            raise Unbound(f"The fact {self.label!r} needs exactly one of text, number, digest and time.")
        if self.digest:
            check_digest(self.digest)


def check_digest(digest: str) -> str:
    """The digest, if it is one."""
    if not DIGEST.fullmatch(digest):
        raise Unbound(f"{digest[:80]!r} is not a digest of the form sha256: and 64 hexadecimal figures.")
    return digest


def written(value: float, digits: int) -> str:
    """A number with thousands apart, a true minus sign, half rounded to even, and never minus nought."""
    if abs(value) >= LARGE:
        return f"{value:.{max(digits, 3)}e}".replace("-", MINUS)
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
    text = f"{abs(exact):,f}".replace(",", NARROW)
    return MINUS + text if exact < 0 else text


def own_digits(value: float) -> int:
    """How many decimals a declared number has itself, so that a bar of 0.125 is never printed as 0.13."""
    exponent = Decimal(str(value)).normalize().as_tuple().exponent
    return min(MOST_DIGITS, max(0, -exponent)) if isinstance(exponent, int) else 0


def digits_apart(value: float | None, bar: float, *, least: int = 2) -> int:
    """The fewest decimals, at least `least`, that write the bar exactly and the value differently from it."""
    first = max(least, own_digits(bar))
    if value is None or value == bar:
        return first
    apart = (digits for digits in range(first, MOST_DIGITS) if written(value, digits) != written(bar, digits))
    return next(apart, MOST_DIGITS)
