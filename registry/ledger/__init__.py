"""The ledger: one append-only log per organisation, written in the same transaction as the change it tells of.

`events` is the catalogue, `chain` the tree (both pure), `record` the only writer, `verify` the reader that
recomputes. An entry is the canonical bytes (RFC 8785) of one event; its leaf hash is the RFC 6962 leaf of those
bytes. No entry, no effect.
"""
