#!/bin/sh
# Makes .venv from requirements-dev.lock, with the client `assay` in it. Safe to run again: it does nothing when
# nothing changed, and starts over when an earlier run was cut short.
#
#   scripts/bootstrap.sh              also says which system library for PDFs is missing
#   scripts/bootstrap.sh --need-pdf   stops when one is missing
#
# ASSAY_PYTHON names the interpreter to use instead of the first that fits.
set -eu
cd "$(dirname "$0")/.."
ROOT=$(pwd -P)
VENV=$ROOT/.venv
PYTHON=$VENV/bin/python
STAMP=$VENV/.assay-complete # written last, so that a half-made .venv has none
LOCK=requirements-dev.lock
export DEBIAN_FRONTEND=noninteractive

say() { printf '%s\n' "$*"; }
fail() {
    printf '%s\n' "$*" >&2
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }
debian_root() { [ "$(id -u)" = 0 ] && has apt-get; }

# Prints the path of the interpreter behind a command when it is new enough: pyenv's shims, for example,
# exist for versions that are not selected and fail when they are called.
real_python() {
    "$1" -c 'import sys; sys.version_info < (3, 12) and sys.exit(1); print(sys.executable)' 2>/dev/null
}

candidates() {
    if [ -n "${ASSAY_PYTHON:-}" ]; then
        say "$ASSAY_PYTHON"
        return
    fi
    for name in python3.13 python3.12 python3.14 python3 python; do say "$name"; done
    if has pyenv; then
        prefix=$(pyenv prefix "$(cat .python-version)" 2>/dev/null) && say "$prefix/bin/python"
    fi
    versions=${PYENV_ROOT:-${HOME:-}/.pyenv}/versions
    for version in "$versions/$(cat .python-version)"* "$versions"/3.1[2-9]*; do
        [ -x "$version/bin/python" ] && say "$version/bin/python"
    done
    if has uv; then uv python find --no-python-downloads '>=3.12' 2>/dev/null || true; fi
}

find_python() {
    candidates | while IFS= read -r candidate; do
        if real_python "$candidate"; then break; fi
    done
}

# What .venv was made from: the lock, the client's own metadata, and the place, since scripts in it name the place.
fingerprint() {
    "$PYTHON" - "$ROOT" "$LOCK" client/pyproject.toml <<'END'
import hashlib, pathlib, sys
digest = hashlib.sha256(f"{sys.argv[1]} {sys.version}".encode())
for path in map(pathlib.Path, sys.argv[2:]):
    digest.update(path.read_bytes() if path.exists() else b"-")
print(digest.hexdigest())
END
}

is_complete() { [ -f "$STAMP" ] && [ "$(cat "$STAMP")" = "$(fingerprint 2>/dev/null)" ]; }

make_venv() {
    found=$(find_python)
    if [ -z "$found" ] && has uv; then
        say "No Python 3.12 or newer on this machine: uv fetches one."
        uv venv --quiet --python "$(cat .python-version)" "$VENV" || fail "uv could not provide a Python. Install Python 3.13."
        return
    fi
    [ -n "$found" ] || fail "Assay needs Python 3.12 or newer, and none was found${ASSAY_PYTHON:+ at $ASSAY_PYTHON}. Install Python 3.13 (Debian 13: apt-get install python3 python3-venv; elsewhere: pyenv install 3.13, or uv) and run this again."
    say "Making .venv with $("$found" -V) from $found"
    if has uv; then
        uv venv --quiet --python "$found" "$VENV"
    elif "$found" -c 'import ensurepip' 2>/dev/null; then
        "$found" -m venv "$VENV"
    else
        package="$("$found" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
        debian_root || fail "$found has no ensurepip. Install it with: sudo apt-get install $package"
        apt-get update -qq && apt-get install -y -qq "$package" >/dev/null
        "$found" -m venv "$VENV"
    fi
}

install_locked() {
    say "Installing what $LOCK names (about two minutes the first time)"
    if has uv; then
        uv pip sync --quiet --python "$PYTHON" --require-hashes "$LOCK"
    else
        "$PYTHON" -m pip install -qq --disable-pip-version-check --require-hashes -r "$LOCK"
    fi
}

# Editable, without its dependencies and without a build environment: everything it needs is in the lock.
install_client() {
    [ -f client/pyproject.toml ] || return 0
    if has uv; then
        uv pip install --quiet --python "$PYTHON" --no-deps --no-build-isolation -e client
    else
        "$PYTHON" -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e client
    fi
}

ensure_venv() {
    if is_complete; then return; fi
    if [ ! -f "$STAMP" ] || ! "$PYTHON" -c '' 2>/dev/null; then
        rm -rf "$VENV"
        make_venv
    fi
    rm -f "$STAMP"
    install_locked
    install_client
    fingerprint >"$STAMP.part"
    mv "$STAMP.part" "$STAMP"
    say "Ready: $("$PYTHON" -V) in .venv"
}

# The Debian packages of the libraries that PDFs are set with and that cannot be loaded here.
missing_libraries() {
    "$PYTHON" - <<'END'
import ctypes, ctypes.util
def loads(name, file):
    try:
        return bool(ctypes.CDLL(ctypes.util.find_library(name) or file))
    except OSError:
        return False
wanted = {"libpango-1.0-0": ("pango-1.0", "libpango-1.0.so.0"), "libpangoft2-1.0-0": ("pangoft2-1.0", "libpangoft2-1.0.so.0")}
print(*(package for package, library in wanted.items() if not loads(*library)))
END
}

how_to_install() {
    if has apt-get; then
        say "sudo apt-get install --no-install-recommends $1"
    elif has dnf; then
        say "sudo dnf install pango"
    elif has apk; then
        say "apk add pango"
    elif has brew; then
        say "brew install pango"
    else
        say "your system's package manager (the package is usually named pango)"
    fi
}

ensure_libraries() {
    missing=$(missing_libraries)
    if [ -n "$missing" ] && debian_root; then
        say "Installing $missing: reports are PDFs and need them"
        # shellcheck disable=SC2086 # two package names, two words
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >/dev/null || :
        missing=$(missing_libraries)
    fi
    [ -z "$missing" ] && return
    say "PDF reports cannot be written here: $missing missing. Get them with: $(how_to_install "$missing")" >&2
    [ "${1:-}" != --need-pdf ]
}

ensure_venv
ensure_libraries "${1:-}"
