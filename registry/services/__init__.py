"""Verbs that write facts: one module per noun, one function per verb, actor first, recorded in the same transaction."""
