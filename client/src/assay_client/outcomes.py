"""Every way a command can end: the exit codes are a contract with CI, so they stand in one table.

Stop                 ends the command with its exit code and a sentence
├── Revoked          1: what was allowed has been taken back since
├── BadInput         2: something the caller gave is wrong; asking again will not help
└── Unusable         5: no believable answer; treated as blocked
"""

from __future__ import annotations

ALLOWED = 0
DENIED = 1
BAD_INPUT = 2
INSUFFICIENT = 3
WAIVED = 4
UNUSABLE = 5

MEANINGS = {
    ALLOWED: "allowed (audit: passed; verify: yes)",
    DENIED: "denied, revoked, or allowed with a waiver and --no-waivers was given (audit: failed; verify: no)",
    BAD_INPUT: "bad input: arguments, settings, unknown digest, or a request the service refused",
    INSUFFICIENT: "denied only because evidence is insufficient (verify bundle: not supported)",
    WAIVED: "allowed with a waiver, and --strict was given",
    UNUSABLE: "no believable answer: unreachable, unusable or unverifiable; treated as blocked",
}


class Stop(Exception):
    """The command ends here: a stable code for machines, a sentence for people."""

    exit_code = UNUSABLE

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Revoked(Stop):
    """The verdict was a right one, and has been taken back since."""

    exit_code = DENIED


class BadInput(Stop):
    """What was asked for cannot be asked: the caller has to change something."""

    exit_code = BAD_INPUT


class Unusable(Stop):
    """There is no answer that can be believed, so the deployment stays blocked."""

    exit_code = UNUSABLE
