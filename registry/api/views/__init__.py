"""Endpoints of facts, one file per noun."""
