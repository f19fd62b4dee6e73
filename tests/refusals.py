"""What a call is refused with."""

from collections.abc import Callable
from typing import Any

import pytest

from registry.errors import AssayError


def refused(call: Callable[[], Any]) -> Any:
    """The error in which a call ends; it says a sentence, and of a wrong input which fields are meant."""
    with pytest.raises(AssayError) as found:
        call()
    assert found.value.message.endswith(".")
    return found.value
