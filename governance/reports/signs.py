"""Shape and word of every state, the same in print as on a page; the colour follows the state's name."""

from governance.reports.values import State

SHAPES = {
    State.PASSED: "●",
    State.WAIVED: "◐",
    State.INSUFFICIENT: "▲",
    State.FAILED: "■",
    State.STALE: "↻",
    State.WAITING: "◌",
    State.ERRORED: "✕",
}
CHECK = {
    State.PASSED: "passed",
    State.WAIVED: "passed with waiver",
    State.INSUFFICIENT: "not enough evidence",
    State.FAILED: "failed",
    State.STALE: "changed since measured",
    State.WAITING: "running",
    State.ERRORED: "could not be measured",
}
VOTE = {
    State.PASSED: "approved",
    State.WAIVED: "approved with conditions",
    State.INSUFFICIENT: "abstained",
    State.FAILED: "rejected",
    State.STALE: "changed since signed",
    State.WAITING: "waiting",
    State.ERRORED: "not valid",
}
PAPER = {
    State.PASSED: "present",
    State.WAIVED: "waived",
    State.INSUFFICIENT: "missing",
    State.FAILED: "missing",
    State.STALE: "out of date",
    State.WAITING: "in review",
    State.ERRORED: "not readable",
}
FINDING = {
    State.PASSED: "closed",
    State.WAIVED: "waived",
    State.INSUFFICIENT: "open, not enough evidence",
    State.FAILED: "open",
    State.STALE: "open, evidence out of date",
    State.WAITING: "in progress",
    State.ERRORED: "open, could not be measured",
}
GROUP = {**CHECK, State.PASSED: "clears the bar", State.FAILED: "misses the bar"}
WORDS = {"check": CHECK, "vote": VOTE, "paper": PAPER, "finding": FINDING, "group": GROUP}
