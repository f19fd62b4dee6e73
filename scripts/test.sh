#!/bin/sh
# Runs the tests in lanes and says at the end which lanes ran.
#
#   scripts/test.sh                       both lanes, one after the other
#   scripts/test.sh sqlite [pytest …]     one lane; what follows goes to pytest
#   scripts/test.sh postgresql [pytest …]
#   scripts/test.sh together              both at once, output in turn (what CI does)
#
# The SQLite lane needs no server and runs all but the browser. The PostgreSQL lane runs what needs a database, with a
# real Celery worker over Redis, and the browser. A server that does not answer leaves its tests out, with a word at the
# end; with CI=true that is a failure.
#
# ASSAY_TEST_DATABASE_URL, ASSAY_TEST_REDIS_URL   the servers (127.0.0.1, standard ports)
# ASSAY_TEST_WORKERS                              processes per lane (as many as there are cores)
set -eu
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
DATABASE_SERVER=${ASSAY_TEST_DATABASE_URL:-postgresql://postgres@127.0.0.1:5432/postgres}
REDIS_SERVER=${ASSAY_TEST_REDIS_URL:-redis://127.0.0.1:6379}
WORKERS=${ASSAY_TEST_WORKERS:-auto}
VAR=$(mktemp -d)
DATABASE=
REDIS_DATABASE=
# shellcheck disable=SC2317 # called by the trap
finish() {
    [ -z "$REDIS_DATABASE" ] || python scripts/servers.py flush "$REDIS_DATABASE" >/dev/null || :
    [ -z "$DATABASE" ] || python scripts/servers.py drop "$DATABASE" >/dev/null || :
    rm -rf "$VAR"
}
trap finish EXIT
trap 'exit 130' INT TERM
if [ "${CI:-}" = true ]; then export ASSAY_REQUIRE_SHARED=1; fi

missing() {
    printf '%s\n' "$1" >>"$VAR/missing"
    echo "Left out: $1"
}

# One pytest run with its own database, queue and files, so that lanes never meet.
lane() {
    name=$1
    shift
    mkdir -p "$VAR/$name"
    env ASSAY_TEST_LANE="$name" ASSAY_VAR_DIR="$VAR/$name" \
        python -m pytest -n "$WORKERS" --dist loadgroup -o cache_dir=".pytest_cache/$name" "$@"
}

sqlite_lane() {
    DATABASE_URL="sqlite:///$VAR/sqlite/assay.sqlite3" CELERY_BROKER_URL=filesystem:// CACHE_URL='' \
        lane sqlite -m "not postgresql and not redis and not browser" "$@"
}

postgresql_lane() {
    DATABASE_URL=$DATABASE CELERY_BROKER_URL="${REDIS_DATABASE:-filesystem://}" CACHE_URL='' \
        lane postgresql -p tests.lanes -m "$MARKERS" "$@"
}

# Sets what the PostgreSQL lane can use; false when there is no such lane here.
find_servers() {
    MARKERS=
    if ! answer=$(python scripts/servers.py postgresql "$DATABASE_SERVER"); then
        missing "the PostgreSQL lane ($answer)"
        return 1
    fi
    DATABASE=${DATABASE_SERVER%/*}/assay_$$
    if answer=$(python scripts/servers.py redis "$REDIS_SERVER"); then
        REDIS_DATABASE=$answer
    else
        MARKERS="not redis"
        missing "tests with a Celery worker over Redis ($answer)"
    fi
    if ! command -v chromium >/dev/null 2>&1; then
        MARKERS="${MARKERS:+$MARKERS and }not browser"
        missing "the browser's tests (chromium is not installed: apt-get install chromium)"
    fi
}

both_in_turn() {
    result=0
    echo "== SQLite lane"
    sqlite_lane || result=1
    if find_servers; then
        echo "== PostgreSQL lane"
        postgresql_lane || result=1
    fi
    return $result
}

both_together() {
    result=0
    sqlite_lane >"$VAR/sqlite.log" 2>&1 &
    first=$!
    if find_servers; then postgresql_lane >"$VAR/postgresql.log" 2>&1 || result=1; fi
    wait $first || result=1
    for log in "$VAR"/*.log; do
        echo "== $(basename "$log" .log) lane"
        cat "$log"
    done
    return $result
}

[ -d "${ASSAY_SHARED:-../shared}/data" ] || missing "acceptance on the reference data (put the shared folder beside the project, or set ASSAY_SHARED)"
result=0
case "${1:-}" in
sqlite)
    shift
    sqlite_lane "$@"
    exit
    ;;
postgresql)
    shift
    find_servers || exit 1
    postgresql_lane "$@"
    exit
    ;;
together) both_together || result=$? ;;
'') both_in_turn || result=$? ;;
*)
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p;}' "$0" >&2
    exit 2
    ;;
esac

if [ -f "$VAR/missing" ]; then
    echo "Not tested here:"
    sed 's/^/  - /' "$VAR/missing"
    if [ "${CI:-}" = true ]; then result=1; fi
fi
exit $result
