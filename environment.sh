#!/usr/bin/env bash
# Makes .venv hold exactly what a lock file names, and Attune itself; quick when it already does.
#
#   ./environment.sh requirements.lock | requirements-dev.lock
#
# .venv/ready holds, for every lock that is completely installed, a digest of what was asked for; an
# environment whose set-up was interrupted holds .venv/unfinished and is made again from nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
lock=$1

suits() { # does this interpreter run, is it 3.11 or 3.12, and can it make environments?
    "$1" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' \
        > /dev/null 2>&1
}

find_python() {
    local candidate
    if [[ -n ${PYTHON:-} ]]; then
        if suits "$PYTHON"; then echo "$PYTHON"; return; fi
        echo "PYTHON=$PYTHON can't be used: Attune needs Python 3.11 or 3.12 with its venv module." >&2
        return 1
    fi
    # Every one on the path, not only the first: version managers leave shims that don't run.
    while read -r candidate; do
        if suits "$candidate"; then echo "$candidate"; return; fi
    done < <(type -ap python3.12 python3.11 python3 python)
    echo "Attune needs Python 3.11 or 3.12 with its venv module, and none was found: install one from" \
        "python.org (Debian and Ubuntu: apt install python3 python3-venv) or name it with PYTHON=..." >&2
    return 1
}

# The place is part of it, because scripts in .venv/bin name it; so is the interpreter, when chosen.
key=$({ pwd; cat "$lock" pyproject.toml; } | cksum)
ready() { [[ -x .venv/bin/attune && ! -e .venv/unfinished && $(cat ".venv/ready/$lock" 2> /dev/null) == "$key" ]]; }
same_place() { [[ $(cat .venv/place 2> /dev/null) == "$PWD" ]] && .venv/bin/python -c '' 2> /dev/null; }
same_python() {
    [[ -z ${PYTHON:-} ]] || [[ $("$PYTHON" -V 2>&1) == "$(.venv/bin/python -V)" ]]
}

if ready && same_python; then exit; fi

if [[ -e .venv/unfinished ]] || ! same_place || ! same_python; then
    python=$(find_python)
    rm -rf .venv
    mkdir .venv
    touch .venv/unfinished
    "$python" -m venv .venv
    pwd > .venv/place
fi
touch .venv/unfinished
echo "Setting up .venv from $lock ..." >&2
trap 'echo "The set-up did not finish; the next run starts it again." >&2' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
# --no-deps: the lock is complete, and leaves out what mediapipe names but Attune never uses.
.venv/bin/python -m pip install -qq --no-deps --require-hashes -r "$lock"
.venv/bin/python -m pip install -qq --no-deps --no-build-isolation -e .
mkdir -p .venv/ready
echo "$key" > ".venv/ready/$lock"
rm .venv/unfinished
trap - EXIT
