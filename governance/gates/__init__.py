"""The gate: frozen facts in, one decision out. Pure: no database, no network, no clock.

    spec           the facts a decision is made from (Dossier), and what it says (Finding, GateDecision)
    exceptional    … those of them that are about waivers, emergencies, findings and incidents
    outcome        … and what it says, in classes of their own
    codec          those facts as canonical JSON and back, so that a decision can be made again years later
    subject        what a vote signs and what a report is bound to
    memory         what is derived from a dossier is derived once
    evidence       which runs count, and how far they can be relied on (levels)
    locks          lines about loosened plans (deviations), attempts, and data the model has seen
    champions      the comparison with the version in production
    lineage        who did what, and therefore may not vote
    requirements   one small class for each kind of demand
    policy         the demands, read from YAML with line numbers
    strictness     whether one policy is at least as strict as another, by the table in strictness_rules
    text_diff      two texts line by line
    wording        a policy in plain words
    backtest       a draft over past decisions: what flips, and the review load
    decide         dossier + policy → decision
    live           which waivers votes are about
    waiving        what a waiver covers, and what none can
    budget         how many waiver-days fall into a year
    emergency      break-glass: what it passes over, and the review it owes
    plan           the shortest list of actions that opens a closed gate

A *finding* is one line of the checklist. A *gate* allows when every finding is met, and never otherwise: what is
missing, unread, unrun, stale or impossible is a finding that is not met.
"""
