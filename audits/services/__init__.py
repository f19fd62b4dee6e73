"""The verbs of evidence: seal a plan, request a run, execute it, end it, find what was lost.

plans      seal what will be measured, before it is
deviations what a plan loosens after results were there
reproductions  a run made again by somebody else, and how it compares
runs       request, cancel; the table of states
quality    ask for a data-quality run with sealed bars, and end it
leases     who works on a run: taken, kept alive, lost
endings    how a run ends, and the one transaction that writes it
sweeping   what no worker will finish by itself
work       what every worker does with a lease
execution  the measuring of audits; imported by workers only, because the engine behind it is heavy
profiling  the measuring of data quality; the same
"""
