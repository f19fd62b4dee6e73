"""The facts of one decision: everything read in one statement, at one moment, into one frozen Dossier.

gathering   the entry: what is asked about, what comes back
statement   the one SQL statement: a UNION ALL of text columns, one branch per kind of fact
assurance   its branches about how evidence came to be, and assurance_facts their rows to facts
columns     values as text that reads the same from SQLite and PostgreSQL
facts       rows of that statement to facts
asked       the question at the gate's door: which version, and what was decided about it last
results     the sealed result of an audit run to what a gate asks of it
"""

from governance.dossier.gathering import Gathered, gather_system, gather_version

__all__ = ["Gathered", "gather_system", "gather_version"]
