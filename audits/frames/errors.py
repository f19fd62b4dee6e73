"""The one way in which reading says no."""


class Refused(Exception):
    """A file or mapping cannot be audited; the message says what to do and where to look."""

    def __init__(
        self, code: str, message: str, *, line: int | None = None, column: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.line = line
        self.column = column

    def as_dict(self) -> dict[str, str | int | None]:
        """The refusal as plain data for OUT.json, the API and the portal."""
        return {"code": self.code, "message": self.message, "line": self.line, "column": self.column}
