#!/usr/bin/env python
"""Assay's command line for operators."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import DatabaseError, InterfaceError

from registry.errors import AssayError
from registry.ledger import outage

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
    try:
        execute_from_command_line(sys.argv)
    except (AssayError, DatabaseError, InterfaceError) as error:
        told = error if isinstance(error, AssayError) else outage.of(error)
        if told is None:
            raise
        sys.exit(f"{told.message}" if told is error else f"{told.message} ({str(error).strip()})")
