"""The verbs of evidence: seal a plan, request a run, execute it, end it, find what was lost.

plans      seal what will be measured, before it is
runs       request, cancel; the table of states
leases     who works on a run: taken, kept alive, lost
endings    how a run ends, and the one transaction that writes it
sweeping   what no worker will finish by itself
execution  the measuring; imported by workers only, because the engine behind it is heavy
"""
