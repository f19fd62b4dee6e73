"""The two ways a sandboxed job can end without a result: refused before it ran, or failed while it ran."""


class SandboxError(Exception):
    """A model job without a result; `code` is stable, `message` is a sentence that says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def as_dict(self) -> dict[str, str]:
        """The code and the sentence, ready for JSON."""
        return {"code": self.code, "message": self.message}


class SandboxRefused(SandboxError):
    """The input is not acceptable: another format, a malformed model, a feature that is not there."""


class SandboxFailed(SandboxError):
    """The child crashed, met a limit, ran out of time or answered with something that is not a result."""
