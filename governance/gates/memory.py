"""What is derived from facts or from a decision is derived once: neither ever changes."""

from collections.abc import Callable
from functools import wraps


def once[Frozen, *Words, Derived](
    derive: Callable[[Frozen, *Words], Derived],
) -> Callable[[Frozen, *Words], Derived]:
    """Keep what was derived with the frozen object it was derived from; a changed copy starts anew.

    What else it depends on is given in its place and hashable. What comes back is everybody's: nobody changes it.
    """
    name = f"_{derive.__module__}.{derive.__qualname__}"

    @wraps(derive)
    def remembered(frozen: Frozen, *words: *Words) -> Derived:
        try:
            known: Derived = frozen.__dict__[name][words]
        except KeyError:
            known = frozen.__dict__.setdefault(name, {})[words] = derive(frozen, *words)
        return known

    return remembered
