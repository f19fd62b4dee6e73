"""Reports: what a regulator or a validator is given to read, printed only from values that are bound to evidence.

`document` says what a report is (plain data, no HTML), `codec` writes and reads it as canonical JSON, `pages` turns it
into HTML through `templates/reports/`, `render` prints that as PDF, and `isolated` does the printing in a child process
that may be killed. The JSON is the report's machine-readable twin; it travels inside the PDF.
"""
