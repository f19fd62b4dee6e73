"""Tests of the client for CI machines; they need neither Django nor a database."""
