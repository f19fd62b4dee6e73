"""The gate: frozen facts in, one decision out. Pure: no database, no network, no clock.

    spec           the facts a decision is made from (Dossier), and what it says (Finding, GateDecision)
    codec          those facts as canonical JSON and back, so that a decision can be made again years later
    subject        what a vote signs and what a report is bound to
    memory         what is derived from a dossier is derived once
    evidence       which runs count
    lineage        who did what, and therefore may not vote
    requirements   one small class for each kind of demand
    policy         the demands, read from YAML with line numbers
    decide         dossier + policy → decision
    plan           the shortest list of actions that opens a closed gate

A *finding* is one line of the checklist. A *gate* allows when every finding is met, and never otherwise: what is
missing, unread, unrun, stale or impossible is a finding that is not met.
"""
