"""Endpoints of decisions, one file per noun."""
