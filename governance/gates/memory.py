"""What is derived from a dossier is derived once: a dossier never changes."""

from collections.abc import Callable
from functools import wraps

from governance.gates.spec import Dossier


def once[Derived](derive: Callable[[Dossier], Derived]) -> Callable[[Dossier], Derived]:
    """Keep what was derived with the dossier it was derived from; a changed copy starts anew."""
    key = f"_{derive.__module__}.{derive.__qualname__}"

    @wraps(derive)
    def remembered(dossier: Dossier) -> Derived:
        known = dossier.__dict__
        if key not in known:
            known[key] = derive(dossier)
        found: Derived = known[key]
        return found

    return remembered
