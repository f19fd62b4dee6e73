"""Endpoints of audits."""
