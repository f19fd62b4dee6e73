"""The verbs of decisions: one module per noun, one function per verb, actor first, recorded in the same transaction.

policies      drafted, published (immutable from then on), superseded
staffing      gates that nobody could lawfully open, reported
approvals     asked for, voted on, withdrawn
decisions     the gate asked: answered from what is stored while no fact has changed, else decided afresh
backtests     a draft policy over past decisions
replays       stored decisions decided again, to the byte
transitions   a step taken, or refused with every reason
reports       asked for, rendered, found again when lost
"""
