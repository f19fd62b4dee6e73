"""The product's own settings, with the benchmark's addresses beside its own."""

from governance.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.sides.gate_urls"
