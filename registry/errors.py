"""Every error the domain can raise, in one tree.

    AssayError
    ├── Invalid              the request itself is wrong; `errors` names each field
    ├── NotFound             it does not exist, or not for this actor
    ├── Denied               the actor is known and may not do this
    ├── Conflict             it contradicts what is already recorded
    │   ├── TransitionNotAllowed   the lifecycle has no such step from here
    │   └── GateRefused            the step exists and its gate is closed; `findings` says why
    ├── TooLarge             a limit on size was reached
    └── Unavailable          a part Assay needs does not answer; nothing was changed

An error knows a stable code and a sentence that says what to do. It knows nothing of HTTP, exit codes or
colours: each door translates.
"""

from collections.abc import Sequence
from typing import Any


class AssayError(Exception):
    """Something the caller can understand and act on."""

    code = "error"
    # Whether the attempt stands in the log already: then it must not be rolled back with what came around it.
    recorded = False

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class Invalid(AssayError):
    """The request itself is wrong."""

    code = "invalid"

    def __init__(
        self, message: str, *, code: str | None = None, errors: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(message, code=code)
        self.errors = tuple(errors)


class NotFound(AssayError):
    """It does not exist, or it does not exist for this actor."""

    code = "not_found"


class Denied(AssayError):
    """The actor is known, sees the object, and may not do this.

    With `by` (the actor) and `on` (a row that says where its organisation and system are) the attempt gets an entry
    of its own when it leaves the transaction of a change; see registry.ledger.record.
    """

    code = "denied"

    def __init__(
        self, message: str, *, code: str | None = None, by: Any = None, on: Any = None, permission: str = ""
    ) -> None:
        super().__init__(message, code=code)
        self.by, self.on = by, on
        self.permission = permission


class Conflict(AssayError):
    """It contradicts what is already recorded."""

    code = "conflict"


class TransitionNotAllowed(Conflict):
    """The lifecycle table has no such step from the present stage."""

    code = "transition.not_allowed"


class GateRefused(Conflict):
    """The gate of this step is closed; the findings say why and who can open it."""

    code = "gate.refused"
    recorded = True

    def __init__(self, message: str, *, findings: Sequence[dict[str, Any]], decision_id: str) -> None:
        super().__init__(message)
        self.findings = tuple(findings)
        self.decision_id = decision_id


class TooLarge(AssayError):
    """A declared limit on size was reached; nothing was kept."""

    code = "too_large"


class Unavailable(AssayError):
    """A part that Assay needs does not answer; nothing was changed."""

    code = "unavailable"
