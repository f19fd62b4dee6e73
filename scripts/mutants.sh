#!/bin/sh
# Changes the modules that decide, one place at a time, and tells which change no test notices.
#
#   scripts/mutants.sh                               all modules of scripts/judges.py
#   scripts/mutants.sh governance/gates/votes.py …   these
#
# Works in a copy, with mutmut in a folder of its own. What lives is printed, unless tests/mutants.yaml says why it may;
# the result is 1 when anything is printed so. ASSAY_MUTMUT may name a folder that has mutmut already.
set -eu
cd "$(dirname "$0")/.."
PROJECT=$PWD
ASSAY_SHARED=${ASSAY_SHARED:-$PROJECT/../shared}
WORK=$(mktemp -d)
export ASSAY_SHARED
trap 'rm -rf "$WORK"' EXIT
trap 'exit 130' INT TERM

TOOL=${ASSAY_MUTMUT:-$WORK/tool}
if [ ! -d "$TOOL/mutmut" ]; then
    "$PROJECT/.venv/bin/python" -m pip install --quiet --target "$TOOL" mutmut==3.8.1
    # What the tests use is the project's own.
    (cd "$TOOL" && rm -rf _pytest pytest pluggy yaml coverage a1_coverage.pth)
fi

mkdir "$WORK/copy"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$WORK/copy"
cd "$WORK/copy"
# Each mutant has its own copy of a database in memory; a server would be changed by all of them.
export DATABASE_URL=sqlite://:memory: CELERY_BROKER_URL=filesystem:// CACHE_URL=
printf '[mutmut]\nsource_paths = governance/\n' >setup.cfg
result=0
PYTHONPATH=$TOOL "$PROJECT/.venv/bin/python" scripts/mutants.py "$WORK/report" "$@" >"$WORK/log" 2>&1 || result=$?
if [ -f "$WORK/report" ]; then cat "$WORK/report"; else tail -40 "$WORK/log"; fi
exit $result
