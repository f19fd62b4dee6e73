"""Endpoints of governance."""
