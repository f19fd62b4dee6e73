"""What is derived from facts or from a decision is derived once: neither ever changes."""

from collections.abc import Callable
from functools import wraps


def once[Frozen, Derived](derive: Callable[[Frozen], Derived]) -> Callable[[Frozen], Derived]:
    """Keep what was derived with the frozen object it was derived from; a changed copy starts anew."""
    key = f"_{derive.__module__}.{derive.__qualname__}"

    @wraps(derive)
    def remembered(frozen: Frozen) -> Derived:
        known = frozen.__dict__
        if key not in known:
            known[key] = derive(frozen)
        found: Derived = known[key]
        return found

    return remembered
