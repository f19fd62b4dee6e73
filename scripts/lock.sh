#!/bin/sh
# Writes both lock files anew from pyproject.toml. Needs uv, for this only: its locks hold for every
# platform and name no registry. Pass --upgrade to take newer versions.
set -eu
cd "$(dirname "$0")/.."
compile() {
    uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
        --python-version 3.12 pyproject.toml "$@"
}
compile -o requirements.lock "$@"
# The tools lock takes the service's lock as a constraint, so that tests run on what is deployed.
compile --group dev --constraint requirements.lock -o requirements-dev.lock "$@"
