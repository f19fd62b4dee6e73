"""Settings from the environment, read strictly: a wrong value stops the start with a sentence."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


def text(name: str, default: str | None = None) -> str:
    """The value of a setting; without a default it must be there and not be empty."""
    value = os.environ.get(name, "")
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set. Put it into the environment (see .env.example).")
    return default


def secret(name: str, default: str | None = None) -> str:
    """A secret, from NAME or from the file that NAME_FILE points to (Docker and Kubernetes secrets)."""
    path = os.environ.get(f"{name}_FILE", "")
    if not path:
        return text(name, default)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE points to {path}, which cannot be read: {error}.") from error


def flag(name: str, default: bool) -> bool:
    """True or False; anything else stops the start, because a typo must not switch protection off."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of true, false, yes, no, on, off, 1, 0.")


def number(name: str, default: int, *, low: int = 0) -> int:
    """A whole number not below `low`."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        parsed = int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number.") from error
    if parsed < low:
        raise ImproperlyConfigured(f"{name} is {parsed}; it must be at least {low}.")
    return parsed


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def load_dotenv(path: Path) -> None:
    """Read NAME=value lines of a .env file; the real environment wins."""
    if not path.is_file():
        return
    for number_, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        if not equals or not name.isidentifier():
            raise ImproperlyConfigured(
                f"{path.name}, line {number_}: expected NAME=value, found {stripped!r}."
            )
        os.environ.setdefault(name, value.strip().strip("'\""))
