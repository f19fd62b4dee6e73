#!/bin/sh
# Every house rule, all of them even when one fails; the last line says which did.
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
VAR=$(mktemp -d)
trap 'rm -rf "$VAR"' EXIT
failed=

check() {
    name=$1
    shift
    printf '== %s\n' "$name"
    "$@" || failed="$failed, $name"
}

# The settings of a first run, and those of a deployment; neither touches the files of the developer.
at_home() { ASSAY_VAR_DIR=$VAR python "$@"; }
deployed() {
    ASSAY_VAR_DIR=$VAR DATABASE_URL=postgresql://assay@db.invalid/assay CELERY_BROKER_URL=redis://queue.invalid/0 \
        CACHE_URL=redis://cache.invalid/1 ALLOWED_HOSTS=assay.example.org DEBUG=false EMAIL_HOST=mail.invalid \
        SECRET_KEY=a-key-only-for-this-check-of-fifty-characters-or-more-0123456789 \
        ASSAY_PUBLIC_URL=https://assay.example.org python "$@"
}

check "ruff check" ruff check .
check "ruff format" ruff format --check --output-format concise .
check "mypy" mypy
check "mypy (client)" sh -c 'cd client && mypy'
check "import contracts" lint-imports --no-cache --no-logo
check "manage.py check" at_home manage.py check --fail-level WARNING
check "manage.py check --deploy" deployed manage.py check --deploy --fail-level WARNING
check "makemigrations --check" at_home manage.py makemigrations --check --dry-run

if [ -n "$failed" ]; then
    printf 'Lint failed: %s\n' "${failed#, }" >&2
    exit 1
fi
echo "Lint passed."
