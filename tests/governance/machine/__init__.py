"""Sequences nobody thought of: generated acts on the real services, beside a small model of what must come out."""
